using System.Collections.Concurrent;
using FlowEngine.Kernels.Gpu;

namespace FlowEngine.Models;

/// <summary>The plans of a model that have a backward pass, one for each call that runs at once.</summary>
/// <param name="model">The model.</param>
internal sealed class GradientPlanPool(Model model)
{
    private readonly ConcurrentBag<GradientPlan> _plans = [];

    /// <summary>Works with a plan, with the weights as they are now.</summary>
    /// <param name="batch">Images.</param>
    /// <param name="work">What is done with it.</param>
    /// <remarks>The last plan that a call used is kept for the next: a sampler asks again and again for one batch.</remarks>
    /// <exception cref="FlowException">The model is not initialized, or memory is short.</exception>
    public void With(int batch, Action<GradientPlan> work)
    {
        model.RequireInitialized();
        model.Lease.EnterReadLock();
        try
        {
            if (!_plans.TryTake(out GradientPlan? plan) || plan.Plan.Shape.Batch != batch)
            {
                Free(plan);
                plan = new GradientPlan(model, batch, memory: null);
            }

            try
            {
                plan.Refresh();
                work(plan);
            }
            finally
            {
                _plans.Add(plan);
            }
        }
        finally
        {
            model.Lease.ExitReadLock();
        }
    }

    /// <summary>Frees the plans, which no call uses now.</summary>
    public void Clear()
    {
        while (_plans.TryTake(out GradientPlan? plan))
        {
            Free(plan);
        }
    }

    private void Free(GradientPlan? plan)
    {
        if (plan is not null)
        {
            // What a GPU still has to do may use its memory.
            (model.Backend as GpuBackend)?.Synchronize();
            plan.Dispose();
        }
    }
}
