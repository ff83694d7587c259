using System.Diagnostics;
using System.Numerics;

using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Kernels.Gpu;
using FlowEngine.Layers;
using FlowEngine.Models;
using FlowEngine.Ranks;

namespace FlowEngine.Training;

/// <summary>The gradient of a batch: of the whole of it at once, or of its shards one after the other.</summary>
/// <remarks>
/// Shards are summed as the leaves of one binary tree: ((0 + 1) + (2 + 3)) + ... So neither who computes which of them nor how
/// many they are at a place changes a bit. Of the tree only the sums that wait for their neighbors are kept, one at each height.
/// </remarks>
internal sealed class BatchGradient : IDisposable
{
    // Beside the gradient of shards, and summed with it: Σ log p(z) and Σ LogDet.
    private const int Figures = 2;

    private readonly Model _model;
    private readonly IBackend _backend;
    private readonly StepInput _input;
    private readonly ICommunicator? _ranks;
    private readonly Reduction _reduction;
    private readonly int _shards;
    private readonly bool _isOfShards;
    private readonly Arena _arena = new();
    private readonly ArenaRegion _sum;
    private readonly ArenaRegion[] _waiting;
    private readonly ArenaRegion _dLogProb;
    private readonly ArenaRegion? _values;
    private readonly PreparedWeights _prepared;
    private readonly FlowPlan _plan;
    private OverlappedReduction? _overlapped;
    private float[] _onHost = [];
    private bool _isConnected;
    private long _reductions;
    private long _sentBytes;
    private TimeSpan _time;

    /// <summary>Lays out the memory and allocates it.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">The batch, its shards, and where activations come from.</param>
    /// <param name="input">Has the conditions of this rank's part of the batch.</param>
    /// <param name="ranks">Who share the batch; null for this process by itself.</param>
    /// <exception cref="FlowException">Memory is short.</exception>
    public BatchGradient(Model model, TrainerOptions options, StepInput input, ICommunicator? ranks)
    {
        (_model, _backend, _input, _ranks, _reduction) = (model, model.Backend, input, ranks, options.Reduction);
        _shards = options.Shards / (ranks?.Size ?? 1);
        _isOfShards = options.Shards > 1;
        int batch = options.Batch / options.Shards;
        long length = model.Flow.Parameters.Length;
        _sum = _arena.Reserve("gradients", length + (_isOfShards ? Figures : 0));
        _waiting = [.. Enumerable.Range(0, BitOperations.Log2((uint)_shards)).Select(
            _ => _arena.Reserve("gradients", _sum.Length))];
        _dLogProb = _arena.Reserve("scalars", batch);
        _values = _shards > 1 ? _arena.Reserve("values", (long)_shards * batch * model.Flow.Dims) : null;
        try
        {
            _arena.Allocate(_backend, "the gradient");
            LayerContext context = model.Context with { Gradients = View, UsesBatchStatistics = true };
            Memory = options.Memory ?? MemoryPlanner.Choose(model.Lowered, context, batch);
            _prepared = new PreparedWeights(model.Lowered, context, Memory);
            _plan = new FlowPlan(model.Lowered, context, _prepared, batch, Memory);
            _backend.Fill(_dLogProb.View, -1 / (options.Batch * model.Flow.Dims * Math.Log(2)));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The memory mode in use.</summary>
    public MemoryMode Memory { get; }

    /// <summary>Where the samples go before <see cref="Compute"/>, (B, H, W, C).</summary>
    public BufferView Input => _values?.View ?? _plan.Input;

    /// <summary>The gradient of the mean bits per dimension, flat, after <see cref="Compute"/> and <see cref="Reduce"/>.</summary>
    public BufferView View => _sum.View.Slice(0, _model.Flow.Parameters.Length);

    /// <summary>log p(z), (B); of shards its sum, (1).</summary>
    public BufferView LogPrior => _isOfShards ? Figure(0) : _plan.LogPrior;

    /// <summary>Σ LogDet of the layers, (B); of shards its sum, (1).</summary>
    public BufferView LogDet => _isOfShards ? Figure(1) : _plan.LogDet;

    /// <summary>What <see cref="Reduce"/> cost so far.</summary>
    public ReductionCost Cost => new(
        _reductions,
        _sentBytes,
        (_overlapped?.Time ?? _time).TotalSeconds,
        _overlapped is null ? 0 : _overlapped.HiddenShare);

    /// <summary>The plan: of one shard.</summary>
    public FlowPlan Plan => _plan;

    /// <summary>Learns how the gradients of this rank reach the others; all ranks make this call before the first update.</summary>
    /// <exception cref="FlowException">Memory is short.</exception>
    public void Connect()
    {
        if (_ranks is not { Size: > 1 } || _isConnected)
        {
            return;
        }

        _isConnected = true;
        int[] joins = new int[_ranks.Size];
        _ranks.Gather(_backend is GpuBackend { CanJoin: true } ? 1 : 0, joins);
        bool isTree = _reduction == Reduction.Exact;
        if (_backend is GpuBackend device && joins.All(joined => joined == 1))
        {
            Overlap(parts => new DeviceSums(_ranks, device, _sum.View, parts, isTree));
        }
        else if (_backend.InPlace(_sum.View).IsEmpty)
        {
            _onHost = new float[_sum.Length];
        }
        else if (_ranks is INonblockingCommunicator nonblocking)
        {
            Overlap(parts => new PartialSums(nonblocking, _backend.InPlace(_sum.View), parts, isTree));
        }

        void Overlap(Func<IReadOnlyList<Range>, IPartialSums> sums) => _overlapped = new OverlappedReduction(
            _model.Lowered,
            checked((int)_sum.Length),
            sums,
            part => MergeLast(part.Start.Value, part.End.Value - part.Start.Value));
    }

    /// <summary>
    /// From the samples to the gradient of this rank's shards; without the backward pass of the last where <see cref="Reduce"/>
    /// runs it. May be recorded.
    /// </summary>
    public void Compute()
    {
        _prepared.Refresh();
        for (int shard = 0; shard < _shards; shard++)
        {
            Take(shard, _plan.Input, _plan.Condition);
            _plan.Forward();
            _backend.Fill(_sum.View, 0);
            if (_isOfShards)
            {
                ImageShape figures = new((int)_dLogProb.Length, 1, 1, 1);
                _backend.SumChannels(figures, _plan.LogPrior, LogPrior);
                _backend.SumChannels(figures, _plan.LogDet, LogDet);
            }

            bool isLast = shard + 1 == _shards;
            if (isLast && _overlapped is not null)
            {
                return;
            }

            _plan.Backward(_dLogProb.View, _dLogProb.View);
            if (isLast)
            {
                MergeLast(0, _sum.Length);
            }
            else
            {
                Merge(shard);
            }
        }
    }

    /// <summary>From the gradients of the ranks to that of the batch, on all of them.</summary>
    public void Reduce()
    {
        if (_ranks is null)
        {
            return;
        }

        long sent = SentBytes;
        if (_overlapped is not null)
        {
            _plan.Backward(_dLogProb.View, _dLogProb.View, _overlapped.Passed);
            _overlapped.Finish();
        }
        else
        {
            ReduceAtOnce(_ranks);
        }

        _reductions++;
        _sentBytes += SentBytes - sent;
    }

    /// <summary>Runs a skipped batch again, as it was loaded, to name what was not finite.</summary>
    /// <param name="since">The skipped update, and those after it.</param>
    /// <param name="batch">Samples of an update.</param>
    public string Explain(ReadOnlySpan<StepResult> since, int batch)
    {
        bool isGradient = double.IsFinite(since[0].BitsPerDim);
        string? name = isGradient ? NonFiniteParameter() : NonFiniteLayer();
        return name
            ?? (since.Length > 1
                ? $"something in update {since[0].Samples / batch} (no longer with the weights of "
                    + $"{since.Length - 1} updates later)"
                : isGradient ? "the gradient norm" : "the prior");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _overlapped?.Dispose();

        // Some are missing where the constructor failed.
        _plan?.Dispose();
        _prepared?.Dispose();
        _arena.Dispose();
    }

    private long SentBytes => _overlapped?.SentBytes ?? (_ranks as INonblockingCommunicator)?.SentBytes ?? 0;

    private BufferView Figure(int index) => _sum.View.Slice(_model.Flow.Parameters.Length + index, 1);

    /// <summary>Layer by layer: the first that gives something not finite on some rank; null for none.</summary>
    private string? NonFiniteLayer()
    {
        int none = _model.Flow.Layers.Count();
        int found = NonFiniteLayerOfOwn() ?? none;
        if (_ranks is not null)
        {
            int[] all = new int[_ranks.Size];
            _ranks.Gather<int>(found, all);
            found = all.Min();
        }

        return found < none ? _model.Flow.Layers.ElementAt(found).Name : null;
    }

    /// <summary>The gradient runs from the last layer to the first, so the last parameter that is not finite was first.</summary>
    private string? NonFiniteParameter()
    {
        Compute();
        Reduce();
        return _model.Flow.Parameters.All
            .LastOrDefault(p => !p.IsConstant && !_backend.IsFinite(p.In(View)))?.Name;
    }

    private int? NonFiniteLayerOfOwn()
    {
        int? found = null;
        using LayerWalk walk = new(_model.Flow, _model.Context, (int)_dLogProb.Length);
        for (int shard = 0; shard < _shards; shard++)
        {
            Take(shard, walk.Input, walk.Condition);
            int index = 0;
            walk.Run(initialize: false, (_, in _, _, _, y) =>
            {
                bool isFinite = _backend.IsFinite(y) && _backend.IsFinite(walk.LogDet);
                found = isFinite ? found : Math.Min(found ?? index, index);
                index++;
                return isFinite;
            });
        }

        return found;
    }

    /// <summary>The samples and conditions of a shard go where a pass reads them.</summary>
    private void Take(int shard, BufferView x, BufferView condition)
    {
        BufferView own = Input.Slice(shard * x.Length, x.Length);
        if (own != x)
        {
            _backend.Copy(own, x);
        }

        if (condition.Length > 0)
        {
            _backend.Copy(_input.SentConditions.Slice(shard * condition.Length, condition.Length), condition);
        }
    }

    /// <summary>After the backward pass, through the memory of the host where the device has its own.</summary>
    private void ReduceAtOnce(ICommunicator ranks)
    {
        long start = Stopwatch.GetTimestamp();
        Span<float> values = _backend.InPlace(_sum.View);
        if (values.IsEmpty)
        {
            values = _onHost;
            _backend.Read(_sum.View, values);
        }

        if (_reduction == Reduction.Fast)
        {
            ranks.AllReduce(values);
        }
        else
        {
            ranks.SumAsTree(values);
        }

        if (_onHost.Length > 0)
        {
            _backend.Write(_onHost, _sum.View);
        }

        _time += Stopwatch.GetElapsedTime(start);
    }

    /// <summary>Adds the sums that waited for this shard, the nearest first, as far as the tree is complete; then it waits.</summary>
    private void Merge(int shard)
    {
        int height = BitOperations.TrailingZeroCount(shard + 1);
        for (int i = 0; i < height; i++)
        {
            _backend.Add(_waiting[i].View, _sum.View);
        }

        _backend.Copy(_sum.View, _waiting[height].View);
    }

    /// <summary>Adds to a part of the last shard's gradient all that waited for it.</summary>
    private void MergeLast(long start, long length)
    {
        foreach (ArenaRegion waiting in _waiting)
        {
            _backend.Add(waiting.View.Slice(start, length), _sum.View.Slice(start, length));
        }
    }
}
