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
/// <param name="make">Makes a plan for a batch where none is idle; again without idle plans where memory is short.</param>
internal sealed class PlanPool(IBackend backend, int capacity, Func<int, FlowPlan> make) : IDisposable
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
    /// <exception cref="FlowException">Memory is short.</exception>
    public FlowPlan Rent(int batch)
    {
        lock (_lock)
        {
            for (int place = _idle.Count - 1; place >= 0; place--)
            {
                FlowPlan plan = _idle[place];
                if (plan.Shape.Batch == batch)
                {
                    _idle.RemoveAt(place);
                    return plan;
                }
            }
        }

        try
        {
            return make(batch);
        }
        catch (FlowException exception) when (exception.Kind == FlowErrorKind.OutOfMemory && Trim(0))
        {
            return make(batch);
        }
    }

    /// <summary>Takes a plan back.</summary>
    public void Return(FlowPlan plan)
    {
        lock (_lock)
        {
            _idle.Add(plan);
            if (_idle.Count <= capacity)
            {
                return;
            }
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
