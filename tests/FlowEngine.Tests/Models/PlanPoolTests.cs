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
        using PlanPool pool = new(_backend, 2, Make);
        FlowPlan first = pool.Rent(3);
        pool.Return(first);
        FlowPlan other = pool.Rent(4);
        Assert.NotSame(first, other);
        Assert.Same(first, pool.Rent(3));
        pool.Return(first);
        pool.Return(other);
        Assert.Equal([3, 4], pool.Idle);
        Assert.Equal(2, _made);
    }

    [Fact]
    public void The_plan_whose_last_use_is_longest_ago_goes_first()
    {
        using PlanPool pool = new(_backend, 2, Make);
        foreach (int batch in new[] { 1, 2, 1, 3 })
        {
            pool.Return(pool.Rent(batch));
        }

        Assert.Equal([1, 3], pool.Idle);
    }

    [Fact]
    public void Plans_of_calls_at_the_same_time_are_freed_to_the_bound()
    {
        using PlanPool pool = new(_backend, 2, Make);
        FlowPlan[] plans = [.. Enumerable.Range(0, 5).Select(_ => pool.Rent(1))];
        Array.ForEach(plans, pool.Return);
        Assert.Equal([1, 1], pool.Idle);
    }

    [Fact]
    public void Idle_plans_make_room_where_memory_is_short()
    {
        int failures = 0;
        using PlanPool pool = new(_backend, 2, batch => failures-- > 0 ? throw Short() : Make(batch));
        pool.Return(pool.Rent(1));
        failures = 1;
        FlowPlan plan = pool.Rent(2);
        Assert.Empty(pool.Idle);
        pool.Return(plan);
        pool.Trim(0);
        failures = 2;
        Assert.Throws<FlowException>(() => pool.Rent(2));
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

    [Fact]
    public void A_prepared_batch_has_its_plan()
    {
        _model.Prepare(3);
        Assert.Equal([3], _model.Plans.Idle);
        Assert.Throws<FlowException>(() => _model.Prepare(0));
        Assert.Throws<FlowException>(() => _model.Prepare(65537));
    }

    public void Dispose()
    {
        _prepared.Dispose();
        _model.Dispose();
        _backend.Dispose();
    }

    private static FlowException Short() => new(FlowErrorKind.OutOfMemory, "no memory");

    private FlowPlan Make(int batch)
    {
        _made++;
        return new FlowPlan(_model.Lowered, _model.Context, _prepared, batch, training: null);
    }
}
