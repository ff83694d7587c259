using System.Numerics;

using FlowEngine.Kernels;
using FlowEngine.Kernels.Gpu;

namespace FlowEngine.Ranks;

/// <summary>Sums in the memory of CUDA devices, which exchange them by NCCL while they compute.</summary>
/// <remarks>
/// Each part is summed as <see cref="Collectives.SumAsTree"/> sums it, by exchanges between two and additions on the device, or in
/// NCCL's order. All is queued: the host waits for nothing.
/// </remarks>
internal sealed class DeviceSums : IPartialSums
{
    private readonly ICommunicator _ranks;
    private readonly GpuPeers _peers;
    private readonly BufferView _values;
    private readonly IReadOnlyList<Range> _parts;
    private readonly DeviceBuffer? _received;
    private readonly int _levels;

    /// <summary>Sums of an array on this process's device. All ranks make this call.</summary>
    /// <param name="ranks">The ranks, two or more, through whom the devices find each other.</param>
    /// <param name="backend">The device; it can be joined.</param>
    /// <param name="values">As many on all ranks.</param>
    /// <param name="parts">What is summed at a time, of the same bounds on all ranks.</param>
    /// <param name="isTree">False for NCCL's order.</param>
    /// <exception cref="FlowException">Memory is short.</exception>
    /// <exception cref="GpuException">NCCL cannot join the devices.</exception>
    public DeviceSums(ICommunicator ranks, GpuBackend backend, BufferView values, IReadOnlyList<Range> parts, bool isTree)
    {
        (_ranks, _values, _parts) = (ranks, values, parts);
        _levels = BitOperations.Log2((uint)ranks.Size);
        _received = isTree ? backend.Allocate(parts.Max(part => Length(Collectives.Halves(ranks.Rank, 0, part).Kept))) : null;
        _peers = ranks is NcclCommunicator joined ? backend.Join(joined.Group) : Join(ranks, backend);
    }

    /// <inheritdoc/>
    public int Begun { get; private set; }

    /// <inheritdoc/>
    public long? Finished => null;

    /// <inheritdoc/>
    public long SentBytes { get; private set; }

    /// <inheritdoc/>
    public void Begin()
    {
        Range part = _parts[Begun++];
        _peers.Follow();
        if (_received is null)
        {
            _peers.AllReduce(Values(part));

            // What the best order sends; which one NCCL takes it does not say.
            SentBytes += 2L * sizeof(float) * Length(part) * (_ranks.Size - 1) / _ranks.Size;
            return;
        }

        Span<Range> kept = stackalloc Range[_levels];
        Span<Range> given = stackalloc Range[_levels];
        for (int level = 0; level < _levels; level++)
        {
            (kept[level], given[level]) = Collectives.Halves(_ranks.Rank, level, part);
            part = kept[level];
            BufferView received = _received.View.Slice(0, Length(part));
            Exchange(level, Values(given[level]), received);
            if (!received.IsEmpty)
            {
                _peers.Add(received, Values(part));
            }
        }

        for (int level = _levels - 1; level >= 0; level--)
        {
            Exchange(level, Values(kept[level]), Values(given[level]));
        }
    }

    /// <inheritdoc/>
    public bool Poll() => false;

    /// <inheritdoc/>
    public void Finish()
    {
        _peers.Precede();
        Begun = 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _peers.Dispose();
        _received?.Dispose();
    }

    private static GpuPeers Join(ICommunicator ranks, GpuBackend backend)
    {
        Span<byte> id = stackalloc byte[GpuPeers.IdLength];
        if (ranks.Rank == 0)
        {
            GpuPeers.NewId(id);
        }

        ranks.Broadcast(id);
        return backend.Join(id, ranks.Rank, ranks.Size);
    }

    private void Exchange(int level, BufferView sent, BufferView received)
    {
        _peers.Exchange(_ranks.Rank ^ (1 << level), sent, received);
        SentBytes += sizeof(float) * sent.Length;
    }

    private BufferView Values(Range range) => _values.Slice(range.Start.Value, Length(range));

    private static int Length(Range range) => range.End.Value - range.Start.Value;
}
