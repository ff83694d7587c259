using System.Diagnostics;
using System.Runtime.InteropServices;

using FlowEngine.Kernels.Gpu.Cuda;

namespace FlowEngine.Kernels.Gpu;

/// <summary>GPUs of several processes, one of each, that NCCL joins.</summary>
/// <remarks>
/// What they exchange is queued on one stream, in the same order by all. A process that is lost makes the others wait on their
/// devices: <see cref="Look"/>, on a thread of its own, notices, and <see cref="Abort"/> lets them go.
/// </remarks>
public sealed unsafe partial class GpuGroup : IDisposable
{
    private const int PieceLength = 1 << 20;
    private const string PlaceVariable = "NCCL_COMM_ID";

    private readonly CudaDevice _device;
    private readonly NcclLibrary _nccl;
    private readonly TimeSpan _patience;
    private readonly CudaStream _stream;
    private readonly CudaEvent _mark;
    private GpuBuffer<byte>? _pieces;
    private nint _handle;
    private string? _fault;
    private bool _isMarked;
    private long _markedAt;

    /// <summary>Joins the GPUs. All processes make this call.</summary>
    /// <param name="device">This process's.</param>
    /// <param name="nccl">Joins them.</param>
    /// <param name="id">Of the group, equal for all.</param>
    /// <param name="rank">This process, from 0.</param>
    /// <param name="size">The number of processes.</param>
    /// <param name="patience">The longest wait for the others.</param>
    internal GpuGroup(
        CudaDevice device, NcclLibrary nccl, ReadOnlySpan<byte> id, int rank, int size, TimeSpan patience)
    {
        (_device, _nccl, _patience) = (device, nccl, patience);
        NcclId own = default;
        id.CopyTo(own);
        _handle = new Joining(device, nccl, own, rank, size).Wait(patience);
        _stream = new CudaStream(device);
        _mark = new CudaEvent(device);
    }

    /// <summary>The longest wait for another process, where nobody says otherwise.</summary>
    public static TimeSpan DefaultPatience { get; } = TimeSpan.FromMinutes(30);

    /// <summary>The device of this process.</summary>
    public GpuDeviceInfo Device => _device.Info;

    internal CudaStream Stream => _stream;

    /// <summary>Joins GPUs whose processes know nothing of each other but where to meet. All of them make this call.</summary>
    /// <remarks>NCCL_COMM_ID, by which NCCL lets them meet, is set in the environment of the process.</remarks>
    /// <param name="device">This process's GPU.</param>
    /// <param name="place">Host and port, as in 10.0.0.1:29501: the first process listens there.</param>
    /// <param name="rank">This process, from 0.</param>
    /// <param name="size">The number of processes.</param>
    /// <param name="patience">The longest wait for another process, here and in exchanges.</param>
    /// <exception cref="GpuException">There is no NCCL, another process does not come, or NCCL cannot join the GPUs, such as two
    /// processes with the same one.</exception>
    public static GpuGroup Meet(GpuDevice device, string place, int rank, int size, TimeSpan patience)
    {
        CudaDevice own = CudaDevice.Of(device);
        NcclLibrary nccl = NcclLibrary.Required;

        // What .NET sets in its own copy of the environment, libraries do not see.
        _ = SetVariable(PlaceVariable, place, 1);
        Span<byte> id = stackalloc byte[GpuPeers.IdLength];
        GpuPeers.NewId(id);
        return new GpuGroup(own, nccl, id, rank, size, patience);
    }

    /// <summary>Sends from the host to another process while it receives from it; that one makes the call that answers.</summary>
    /// <param name="partner">The other process.</param>
    /// <param name="sent">As long as the partner's <paramref name="received"/>; may be empty.</param>
    /// <param name="received">Overwritten; as long as the partner's <paramref name="sent"/>; may be empty.</param>
    /// <exception cref="GpuException">NCCL refuses, or the group was left.</exception>
    public void SendReceive(int partner, ReadOnlySpan<byte> sent, Span<byte> received)
    {
        GpuBuffer<byte> pieces = Pieces();
        for (int i = 0; i < Math.Max(sent.Length, received.Length); i += PieceLength)
        {
            ReadOnlySpan<byte> source = i < sent.Length ? sent.Slice(i, Math.Min(PieceLength, sent.Length - i)) : [];
            Span<byte> target = i < received.Length ? received.Slice(i, Math.Min(PieceLength, received.Length - i)) : [];
            GpuView<byte> outgoing = pieces.View.Slice(0, source.Length);
            GpuView<byte> incoming = pieces.View.Slice(PieceLength, target.Length);
            _stream.CopyToDevice(source, outgoing);
            Exchange(partner, outgoing, incoming);
            _stream.CopyToHost(incoming, target);
        }

        Wait();
    }

    /// <summary>Sums what lies in the host over all processes, element by element, in the order that NCCL takes.</summary>
    /// <param name="values">As many in all processes; overwritten.</param>
    /// <exception cref="GpuException">NCCL refuses, or the group was left.</exception>
    public void AllReduce(Span<float> values)
    {
        GpuView<float> piece = Pieces().View.As<float>();
        for (int i = 0; i < values.Length; i += PieceLength / sizeof(float))
        {
            Span<float> part = values.Slice(i, Math.Min(PieceLength / sizeof(float), values.Length - i));
            GpuView<float> sums = piece.Slice(0, part.Length);
            _stream.CopyToDevice(part, sums);
            AllReduce(sums);
            _stream.CopyToHost(sums, part);
        }

        Wait();
    }

    /// <summary>Asks how the exchanges are doing. On a thread that makes no other call but <see cref="Abort"/>.</summary>
    /// <exception cref="GpuException">The connection to another process is lost, or an exchange takes longer than the
    /// longest wait.</exception>
    public void Look()
    {
        int error = 0;
        nint handle = Handle();
        _nccl.Check(_nccl.CommGetAsyncError(handle, &error), "ncclCommGetAsyncError");
        if (error is not (0 or NcclLibrary.InProgress))
        {
            throw _nccl.Error(error, "the ranks have lost each other");
        }

        if (!_isMarked)
        {
            _stream.Record(_mark);
            _markedAt = Stopwatch.GetTimestamp();
            _isMarked = true;
        }
        else if (_mark.HasPassed())
        {
            _isMarked = false;
        }
        else if (Stopwatch.GetElapsedTime(_markedAt) > _patience)
        {
            throw new GpuException(
                GpuErrorKind.Driver,
                $"another rank has not answered for {_patience.TotalSeconds:0.#} s: it is lost, or stuck");
        }
    }

    /// <summary>Leaves the group at once. What waits for other processes on the device ends, and later calls fail.</summary>
    /// <param name="why">What they say; the first counts.</param>
    public void Abort(string why)
    {
        _ = Interlocked.CompareExchange(ref _fault, why, null);
        nint handle = Interlocked.Exchange(ref _handle, 0);
        if (handle != 0)
        {
            _ = _nccl.CommAbort(handle);
        }
    }

    /// <summary>Leaves the group, once the exchanges are done.</summary>
    public void Dispose()
    {
        _stream.Dispose();
        _mark.Dispose();
        _pieces?.Dispose();
        nint handle = Interlocked.Exchange(ref _handle, 0);
        if (handle != 0 && _device.TryPush())
        {
            _ = _nccl.CommDestroy(handle);
            _device.Pop();
        }
    }

    /// <summary>Queues an exchange of what lies on the devices.</summary>
    internal void Exchange<T>(int partner, GpuView<T> sent, GpuView<T> received)
        where T : unmanaged
    {
        int type = Type<T>();
        nint group = Handle();
        using CudaScope scope = _device.Enter();
        Check(_nccl.GroupStart(), "ncclGroupStart");
        if (sent.Length > 0)
        {
            Check(_nccl.Send(Address(sent), (nuint)sent.Length, type, partner, group, _stream.Handle), "ncclSend");
        }

        if (received.Length > 0)
        {
            Check(
                _nccl.Receive(Address(received), (nuint)received.Length, type, partner, group, _stream.Handle), "ncclRecv");
        }

        Check(_nccl.GroupEnd(), "ncclGroupEnd");
    }

    /// <summary>Queues a sum of what lies on the devices.</summary>
    internal void AllReduce(GpuView<float> values)
    {
        nint group = Handle();
        using CudaScope scope = _device.Enter();
        Check(
            _nccl.AllReduce(
                Address(values),
                Address(values),
                (nuint)values.Length,
                NcclLibrary.Float32,
                NcclLibrary.Sum,
                group,
                _stream.Handle),
            "ncclAllReduce");
    }

    private static int Type<T>() => typeof(T) == typeof(float) ? NcclLibrary.Float32 : NcclLibrary.Uint8;

    private static ulong Address<T>(GpuView<T> view)
        where T : unmanaged => ((CudaMemory)view.Memory).Pointer + (ulong)view.OffsetInBytes;

    private GpuBuffer<byte> Pieces() => _pieces ??= _device.Allocate<byte>(2 * PieceLength);

    /// <summary>What was received is whole if the group is after it.</summary>
    private void Wait()
    {
        _stream.Synchronize();
        _ = Handle();
    }

    private nint Handle()
    {
        nint handle = Volatile.Read(ref _handle);
        return handle != 0 ? handle : throw Left();
    }

    private void Check(int code, string call)
    {
        if (code != 0)
        {
            throw _fault is null ? _nccl.Error(code, call) : Left();
        }
    }

    private GpuException Left() => new(GpuErrorKind.Driver, _fault ?? "the group of GPUs was left");

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int replaces);

    /// <summary>NCCL waits for the other processes without end: on a thread that can be left behind.</summary>
    private sealed class Joining(CudaDevice device, NcclLibrary nccl, NcclId id, int rank, int size)
    {
        private nint _joined;
        private GpuException? _error;

        public nint Wait(TimeSpan patience)
        {
            Thread thread = new(Join) { IsBackground = true, Name = "NCCL joins GPUs" };
            thread.Start();
            if (!thread.Join(patience))
            {
                throw new GpuException(
                    GpuErrorKind.Driver,
                    $"rank {rank} of {size} has waited {patience.TotalSeconds:0.#} s for the others, which did not all come "
                    + "(NCCL_DEBUG=INFO says more)");
            }

            return _error is null ? _joined : throw _error;
        }

        private void Join()
        {
            try
            {
                nint handle;
                using CudaScope scope = device.Enter();
                nccl.Check(nccl.CommInitRank(&handle, size, id, rank), "ncclCommInitRank");
                _joined = handle;
            }
            catch (GpuException error)
            {
                _error = error;
            }
        }
    }
}
