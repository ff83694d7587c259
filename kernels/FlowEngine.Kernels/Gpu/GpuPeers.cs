using FlowEngine.Kernels.Gpu.Cuda;

namespace FlowEngine.Kernels.Gpu;

/// <summary>The GPUs of several processes, which exchange what lies in their memory without the host, by NCCL.</summary>
/// <remarks>
/// Exchanges are queued on a stream of their own, in the same order by all: <see cref="Follow"/> lets them wait for the backend's
/// operations so far, <see cref="Precede"/> lets later operations wait for them. Between the two both run at once. Calls return
/// when the work is queued. A process that is lost makes the others wait: whoever started them ends them, or who made the group.
/// </remarks>
public sealed unsafe class GpuPeers : IDisposable
{
    /// <summary>Bytes of the id of a group.</summary>
    public const int IdLength = NcclId.Length;

    private readonly GpuBackend _backend;
    private readonly GpuGroup _group;
    private readonly bool _ownsGroup;
    private readonly CudaStream _stream;

    internal GpuPeers(GpuBackend backend, CudaDevice device, GpuGroup group, bool ownsGroup)
    {
        (_backend, _group, _ownsGroup) = (backend, group, ownsGroup);
        _stream = new CudaStream(device, group.Stream);
    }

    /// <summary>Makes the id of a new group.</summary>
    /// <param name="id"><see cref="IdLength"/> bytes.</param>
    /// <exception cref="GpuException">There is no NCCL, or it finds no network.</exception>
    public static void NewId(Span<byte> id)
    {
        NcclLibrary nccl = NcclLibrary.Required;
        NcclId made;
        nccl.Check(nccl.GetUniqueId(&made), "ncclGetUniqueId");
        ((ReadOnlySpan<byte>)made).CopyTo(id);
    }

    /// <summary>Later exchanges wait for the operations that the backend has queued so far.</summary>
    public void Follow()
    {
        using Lock.Scope queue = _backend.Operations.EnterScope();
        _backend.CudaStream.HoldUp(_stream.Handle);
    }

    /// <summary>Later operations of the backend wait for the exchanges queued so far.</summary>
    public void Precede()
    {
        using Lock.Scope queue = _backend.Operations.EnterScope();
        _backend.CudaStream.WaitFor(_stream.Handle);
    }

    /// <summary>Sends to another process while it receives from it; that one makes the call that answers.</summary>
    /// <param name="partner">The other process.</param>
    /// <param name="sent">As long as the partner's <paramref name="received"/>; may be empty.</param>
    /// <param name="received">Overwritten; as long as the partner's <paramref name="sent"/>; may be empty.</param>
    /// <exception cref="GpuException">NCCL refuses, or the group was left.</exception>
    public void Exchange(int partner, BufferView sent, BufferView received) =>
        _group.Exchange(partner, _backend.Elements(sent), _backend.Elements(received));

    /// <summary>sum += addend, after the exchanges so far and before later ones.</summary>
    /// <param name="addend">As long as the sum.</param>
    /// <param name="sum">Added to.</param>
    public void Add(BufferView addend, BufferView sum) => _backend.Add(_stream, addend, sum);

    /// <summary>Sums over all processes, element by element, in the order that NCCL takes.</summary>
    /// <param name="values">As many in all processes; overwritten.</param>
    /// <exception cref="GpuException">NCCL refuses, or the group was left.</exception>
    public void AllReduce(BufferView values) => _group.AllReduce(_backend.Elements(values));

    /// <summary>Leaves the group, once the exchanges are done, where it was made for these peers.</summary>
    public void Dispose()
    {
        _stream.Dispose();
        if (_ownsGroup)
        {
            _group.Dispose();
        }
    }
}
