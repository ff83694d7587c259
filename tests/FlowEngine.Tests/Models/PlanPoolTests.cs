using FlowEngine.Execution;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Models;
using Xunit;

namespace FlowEngine.Tests.Models;

/// <summary>Plans are kept for the next call with their batch, and no more than the bound of them.</summary>
public sealed class PlanPoolTests : IDisposable
{
    private readonly CpuBackend _backend = new();
    private readonly Model _model;
    private readonly PreparedWeights _prepared;
    private int _made;

    public PlanPoolTests()
    {
        _model = TinyGlow.Perturbed(_backend, TinyGlow.Options(height: 4, width: 4, hidden: 4, steps: 1));
        _prepared = new PreparedWeights(_model.Lowered, _model.Context, training: null);
    }

    [Fact]
    public void A_plan_is_lent_again_for_its_batch_and_no_other()
    {
        using PlanPool pool = new(_backend, 2);
        FlowPlan first = Rent(pool, 3);
        pool.Return(first);
        FlowPlan other = Rent(pool, 4);
        Assert.NotSame(first, other);
        Assert.Same(first, Rent(pool, 3));
        pool.Return(first);
        pool.Return(other);
        Assert.Equal([3, 4], pool.Idle);
        Assert.Equal(2, _made);
    }

    [Fact]
    public void The_plan_whose_last_use_is_longest_ago_goes_first()
    {
        using PlanPool pool = new(_backend, 2);
        foreach (int batch in new[] { 1, 2, 1, 3 })
        {
            pool.Return(Rent(pool, batch));
        }

        Assert.Equal([1, 3], pool.Idle);
    }

    [Fact]
    public void Plans_of_calls_at_the_same_time_are_freed_to_the_bound()
    {
        using PlanPool pool = new(_backend, 2);
        FlowPlan[] plans = [.. Enumerable.Range(0, 5).Select(_ => Rent(pool, 1))];
        Array.ForEach(plans, pool.Return);
        Assert.Equal([1, 1], pool.Idle);
    }

    [Fact]
    public void Idle_plans_make_room_where_memory_is_short()
    {
        using PlanPool pool = new(_backend, 2);
        pool.Return(Rent(pool, 1));
        int calls = 0;
        FlowPlan plan = pool.Rent(2, () => calls++ == 0 ? throw Short() : Make(2));
        Assert.Empty(pool.Idle);
        pool.Return(plan);
        pool.Trim(0);
        Assert.Throws<FlowException>(() => pool.Rent(2, () => throw Short()));
    }

    [Fact]
    public void A_model_keeps_no_more_plans_whatever_batches_it_sees()
    {
        for (int batch = 1; batch <= PlanPool.DefaultCapacity + 3; batch++)
        {
            Assert.Equal(batch, _model.LogProb(TinyGlow.Images(_model.Flow, batch)).Length);
        }

        Assert.Equal(Enumerable.Range(4, PlanPool.DefaultCapacity), _model.Plans.Idle);
    }

    public void Dispose()
    {
        _prepared.Dispose();
        _model.Dispose();
        _backend.Dispose();
    }

    private static FlowException Short() => new(FlowErrorKind.OutOfMemory, "no memory");

    private FlowPlan Rent(PlanPool pool, int batch) => pool.Rent(batch, () => Make(batch));

    private FlowPlan Make(int batch)
    {
        _made++;
        return new FlowPlan(_model.Lowered, _model.Context, _prepared, batch, training: null);
    }
}
