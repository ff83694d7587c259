using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FlowEngine.Kernels.Gpu.Cuda;

/// <summary>
/// A queue of the GPU. A launch allocates nothing: its arguments are pointed to where they lie on the stack.
/// </summary>
internal sealed unsafe class CudaStream : GpuStream
{
    private const uint NotOrderedWithStreamZero = 1;

    // Other threads allocate and load modules while this one captures; none of that belongs to the capture.
    private const int CaptureThisStreamOnly = 2;

    // In a capture the mark is set and waited for each time the graph runs, as it is outside.
    private const uint MarkOutsideGraph = 1;

    private const uint WithoutTime = 2;

    private readonly CudaDevice _device;
    private readonly bool _isOfOther;
    private nint _handle;
    private nint _turn;
    private bool _capturing;

    public CudaStream(CudaDevice device)
        : base(device)
    {
        _device = device;
        nint handle;
        using CudaScope scope = device.Enter();
        device.Check(device.Driver.StreamCreate(&handle, NotOrderedWithStreamZero), "cuStreamCreate");
        _handle = handle;
        device.Live.Add(this);
    }

    /// <summary>The queue of another owner of the context, who keeps it.</summary>
    public CudaStream(CudaDevice device, CudaStream other)
        : base(device) => (_device, _handle, _isOfOther) = (device, other.Handle, true);

    internal nint Handle
    {
        get
        {
            ObjectDisposedException.ThrowIf(_handle == 0, this);
            return _handle;
        }
    }

    public override void Record(GpuEvent mark)
    {
        nint stream = Handle;
        nint handle = ((CudaEvent)mark).HandleFor(_device);
        using CudaScope scope = _device.Enter();
        uint flags = _capturing ? MarkOutsideGraph : 0;
        _device.Check(_device.Driver.EventRecord(handle, stream, flags), "cuEventRecordWithFlags");
    }

    public override void Wait(GpuEvent mark)
    {
        nint stream = Handle;
        nint handle = ((CudaEvent)mark).HandleFor(_device);
        using CudaScope scope = _device.Enter();
        uint flags = _capturing ? MarkOutsideGraph : 0;
        _device.Check(_device.Driver.StreamWaitEvent(stream, handle, flags), "cuStreamWaitEvent");
    }

    public override void Synchronize()
    {
        ThrowIfCapturing("a stream that captures cannot be waited for");
        nint stream = Handle;
        using CudaScope scope = _device.Enter();
        _device.Check(_device.Driver.StreamSynchronize(stream), "cuStreamSynchronize");
    }

    public override void BeginCapture()
    {
        ThrowIfCapturing("the stream captures already");
        nint stream = Handle;
        using CudaScope scope = _device.Enter();
        _device.Check(_device.Driver.StreamBeginCapture(stream, CaptureThisStreamOnly), "cuStreamBeginCapture");
        _capturing = true;
    }

    public override GpuGraph EndCapture()
    {
        if (!_capturing)
        {
            throw new GpuException(
                GpuErrorKind.InvalidOperation, $"{_device.Info.Selector}: the stream does not capture");
        }

        // The driver ends the capture even where it failed.
        _capturing = false;
        nint stream = Handle;
        nint recorded = 0;
        nint graph = 0;
        int code;
        int built = 0;
        using (_device.Enter())
        {
            code = _device.Driver.StreamEndCapture(stream, &recorded);
            if (code == 0)
            {
                built = _device.Driver.GraphInstantiate(&graph, recorded, 0);
                code = _device.Driver.GraphDestroy(recorded);
            }
        }

        if (built != 0)
        {
            throw _device.Driver.Error(built, $"{_device.Info.Selector}: cuGraphInstantiateWithFlags");
        }

        if (code != 0)
        {
            if (graph != 0)
            {
                new CudaGraph(_device, graph).Dispose();
            }

            throw _device.Driver.Error(
                code, $"{_device.Info.Selector}: {(recorded == 0 ? "cuStreamEndCapture" : "cuGraphDestroy")}");
        }

        return new CudaGraph(_device, graph);
    }

    public override void Launch(GpuGraph graph)
    {
        nint stream = Handle;
        nint handle = ((CudaGraph)graph).HandleFor(_device);
        using CudaScope scope = _device.Enter();
        _device.Check(_device.Driver.GraphLaunch(handle, stream), "cuGraphLaunch");
    }

    internal override void WaitFor(nint foreign)
    {
        RequireNoCapture(foreign);
        Order(foreign, Handle);
    }

    internal override void HoldUp(nint foreign) => Order(Handle, foreign);

    internal override void Submit(in KernelLaunch launch)
    {
        nint stream = Handle;
        nint function = _device.Function(launch.Kernel);
        LaunchGrid grid = launch.Grid;
        ulong* pointers = stackalloc ulong[KernelLaunch.MaxArguments];
        void** parameters = stackalloc void*[KernelLaunch.MaxArguments];
        for (int i = 0; i < launch.Count; i++)
        {
            ref readonly KernelArgument argument = ref launch.Argument(i);
            if (argument.Memory is CudaMemory memory)
            {
                pointers[i] = memory.Pointer + (ulong)argument.OffsetInBytes;
                parameters[i] = &pointers[i];
            }
            else
            {
                // The launch is a ref struct: it lies on the stack and stays where it is.
                parameters[i] = Unsafe.AsPointer(ref MemoryMarshal.GetReference(launch.Value(i)));
            }
        }

        int code;
        using (_device.Enter())
        {
            code = _device.Driver.LaunchKernel(
                function,
                (uint)grid.X,
                (uint)grid.Y,
                (uint)grid.Z,
                (uint)launch.Kernel.BlockSize,
                1,
                1,
                (uint)grid.DynamicSharedBytes,
                stream,
                parameters,
                null);
        }

        if (code != 0)
        {
            throw _device.Driver.Error(code, $"{_device.Info.Selector}: cuLaunchKernel of {launch.Kernel.Name}");
        }
    }

    private protected override void CopyToDeviceBytes(ReadOnlySpan<byte> source, GpuMemory destination, long offset)
    {
        // A graph would read host memory when it runs, long after this call has let go of it.
        ThrowIfCapturing("a copy from the host cannot be captured; copy it before the graph");
        nint stream = Handle;
        ulong to = Pointer(destination) + (ulong)offset;
        using CudaScope scope = _device.Enter();

        // From memory that is not pinned the driver copies to a buffer of its own before it returns.
        fixed (byte* from = source)
        {
            _device.Check(
                source.IsEmpty ? 0 : _device.Driver.MemcpyHtoDAsync(to, from, (nuint)source.Length, stream),
                "cuMemcpyHtoDAsync");
        }
    }

    private protected override void CopyToHostBytes(GpuMemory source, long offset, Span<byte> destination)
    {
        ThrowIfCapturing("a copy to the host cannot be captured; copy it after the graph");
        nint stream = Handle;
        ulong from = Pointer(source) + (ulong)offset;
        using CudaScope scope = _device.Enter();

        // To memory that is not pinned the driver returns when the copy is done.
        fixed (byte* to = destination)
        {
            _device.Check(
                destination.IsEmpty ? 0 : _device.Driver.MemcpyDtoHAsync(to, from, (nuint)destination.Length, stream),
                "cuMemcpyDtoHAsync");
        }
    }

    private protected override void CopyBytes(
        GpuMemory source, long sourceOffset, GpuMemory destination, long destinationOffset, long lengthInBytes)
    {
        nint stream = Handle;
        ulong from = Pointer(source) + (ulong)sourceOffset;
        ulong to = Pointer(destination) + (ulong)destinationOffset;
        using CudaScope scope = _device.Enter();
        _device.Check(
            lengthInBytes == 0 ? 0 : _device.Driver.MemcpyDtoDAsync(to, from, (nuint)lengthInBytes, stream),
            "cuMemcpyDtoDAsync");
    }

    private protected override void ClearBytes(GpuMemory destination, long offset, long lengthInBytes)
    {
        nint stream = Handle;
        ulong to = Pointer(destination) + (ulong)offset;
        using CudaScope scope = _device.Enter();
        _device.Check(
            lengthInBytes == 0 ? 0 : _device.Driver.MemsetD8Async(to, 0, (nuint)lengthInBytes, stream), "cuMemsetD8Async");
    }

    protected override void Dispose(bool disposing)
    {
        nint handle = Interlocked.Exchange(ref _handle, 0);
        if (handle == 0 || _isOfOther)
        {
            return;
        }

        if (_device.TryPush())
        {
            nint recorded;
            if (!_capturing)
            {
                _ = _device.Driver.StreamSynchronize(handle);
            }
            else if (_device.Driver.StreamEndCapture(handle, &recorded) == 0)
            {
                _ = _device.Driver.GraphDestroy(recorded);
            }

            if (_turn != 0)
            {
                _ = _device.Driver.EventDestroy(_turn);
            }

            _device.Pop();
        }

        _device.Destroy(this, _device.Driver.StreamDestroy, handle);
    }

    // Later work of one stream waits for earlier work of another. A wait is for the mark as it stands when it is queued, so
    // one mark does for all.
    private void Order(nint first, nint second)
    {
        nint turn = Turn();
        using CudaScope scope = _device.Enter();
        _device.Check(_device.Driver.EventRecord(turn, first, 0), "cuEventRecordWithFlags");
        _device.Check(_device.Driver.StreamWaitEvent(second, turn, 0), "cuStreamWaitEvent");
    }

    private nint Turn()
    {
        if (_turn == 0)
        {
            nint turn;
            using CudaScope scope = _device.Enter();
            _device.Check(_device.Driver.EventCreate(&turn, WithoutTime), "cuEventCreate");
            _turn = turn;
        }

        return _turn;
    }

    private void RequireNoCapture(nint foreign)
    {
        int status = 0;
        using CudaScope scope = _device.Enter();
        _device.Check(_device.Driver.StreamIsCapturing(foreign, &status), "cuStreamIsCapturing");
        if (status != 0)
        {
            throw new GpuException(
                GpuErrorKind.BadHandle,
                $"{_device.Info.Selector}: the caller's stream captures a graph; what runs here cannot be captured");
        }
    }

    private ulong Pointer(GpuMemory memory)
    {
        if (memory.Device != _device)
        {
            throw new ArgumentException($"the memory is {memory.Device.Info.Selector}'s, expected {_device.Info.Selector}'s");
        }

        return ((CudaMemory)memory).Pointer;
    }

    private void ThrowIfCapturing(string text)
    {
        if (_capturing)
        {
            throw new GpuException(GpuErrorKind.InvalidOperation, $"{_device.Info.Selector}: {text}");
        }
    }
}
