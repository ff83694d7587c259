using FlowEngine.Kernels;
using FlowEngine.Kernels.Gpu;

namespace FlowEngine.Execution;

/// <summary>The plans of a model that no call uses now, for the next call with the same batch.</summary>
/// <remarks>
/// At most <paramref name="capacity"/> are kept, of whatever batches: beyond that the one whose last use is longest ago is
/// freed. Plans in use are not counted: there are as many as there are calls at the same time.
/// </remarks>
/// <param name="backend">Where the plans run.</param>
/// <param name="capacity">The most idle plans.</param>
internal sealed class PlanPool(IBackend backend, int capacity) : IDisposable
{
    private readonly Lock _lock = new();

    // By last use, the latest at the end.
    private readonly List<FlowPlan> _idle = [];

    /// <summary>The most idle plans of a model: 16, or one for each processor where those are more.</summary>
    public static int DefaultCapacity { get; } = Math.Max(16, Environment.ProcessorCount);

    /// <summary>The batches of the idle plans, the one to be freed next first.</summary>
    public IReadOnlyList<int> Idle
    {
        get
        {
            lock (_lock)
            {
                return [.. _idle.Select(plan => plan.Shape.Batch)];
            }
        }
    }

    /// <summary>A plan for a batch.</summary>
    /// <param name="batch">Images.</param>
    /// <param name="make">Makes one where none is idle; again without idle plans where memory is short.</param>
    /// <exception cref="FlowException">Memory is short.</exception>
    public FlowPlan Rent(int batch, Func<FlowPlan> make)
    {
        lock (_lock)
        {
            int place = _idle.FindLastIndex(plan => plan.Shape.Batch == batch);
            if (place >= 0)
            {
                FlowPlan plan = _idle[place];
                _idle.RemoveAt(place);
                return plan;
            }
        }

        try
        {
            return make();
        }
        catch (FlowException exception) when (exception.Kind == FlowErrorKind.OutOfMemory && Trim(0))
        {
            return make();
        }
    }

    /// <summary>Takes a plan back.</summary>
    public void Return(FlowPlan plan)
    {
        lock (_lock)
        {
            _idle.Add(plan);
        }

        Trim(capacity);
    }

    /// <summary>Frees all idle plans but the latest, once the device works on none of them.</summary>
    /// <param name="left">How many may be left.</param>
    /// <returns>Whether there was one to be freed.</returns>
    public bool Trim(int left)
    {
        List<FlowPlan> freed;
        lock (_lock)
        {
            freed = _idle[..Math.Max(0, _idle.Count - left)];
            _idle.RemoveRange(0, freed.Count);
        }

        if (freed.Count > 0)
        {
            (backend as GpuBackend)?.Synchronize();
            freed.ForEach(plan => plan.Dispose());
        }

        return freed.Count > 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _idle.ForEach(plan => plan.Dispose());
        _idle.Clear();
    }
}
