namespace FlowEngine.Kernels.Gpu.OpenCl;

/// <summary>
/// A queue in order, with times. It has its own kernel objects, so streams need no locks between them.
/// </summary>
internal sealed unsafe class OpenClStream(OpenClDevice device, nint queue) : GpuStream(device)
{
    private readonly Dictionary<KernelDescriptor, nint> _kernels = [];
    private nint _queue = queue;
    private List<OpenClCommand>? _capture;

    private nint Queue
    {
        get
        {
            ObjectDisposedException.ThrowIf(_queue == 0, this);
            return _queue;
        }
    }

    public override void Record(GpuEvent mark)
    {
        var own = (OpenClEvent)mark;
        if (_capture is null)
        {
            own.Set(device, Queue);
        }
        else
        {
            _capture.Add(new SetMark(own));
        }
    }

    public override void Wait(GpuEvent mark)
    {
        var own = (OpenClEvent)mark;
        if (_capture is null)
        {
            own.Wait(device, Queue);
        }
        else
        {
            _capture.Add(new WaitForMark(own));
        }
    }

    public override void Synchronize()
    {
        ThrowIfCapturing("a stream that captures cannot be waited for");
        device.CheckWork(device.Driver.Finish(Queue), "clFinish");
    }

    public override void BeginCapture()
    {
        ThrowIfCapturing("the stream captures already");
        ObjectDisposedException.ThrowIf(_queue == 0, this);
        _capture = [];
    }

    public override GpuGraph EndCapture()
    {
        List<OpenClCommand> commands = _capture ?? throw new GpuException(
            GpuErrorKind.InvalidOperation, $"{device.Info.Selector}: the stream does not capture");
        _capture = null;
        return new OpenClGraph(device, commands);
    }

    public override void Launch(GpuGraph graph)
    {
        ThrowIfCapturing("a graph cannot be captured into another");
        nint to = Queue;
        foreach (OpenClCommand command in ((OpenClGraph)graph).CommandsFor(device))
        {
            command.Enqueue(device, to);
        }

        device.Check(device.Driver.Flush(to), "clFlush");
    }

    internal override void Submit(in KernelLaunch launch)
    {
        nint to = Queue;
        if (_capture is not null)
        {
            Capture(in launch);
            return;
        }

        if (!_kernels.TryGetValue(launch.Kernel, out nint kernel))
        {
            _kernels[launch.Kernel] = kernel = device.CreateKernel(launch.Kernel);
        }

        OpenClLaunch.SetArguments(device, kernel, in launch);
        OpenClLaunch.Enqueue(device, to, kernel, launch.Kernel, launch.Grid);
    }

    private protected override void CopyToDeviceBytes(ReadOnlySpan<byte> source, GpuMemory destination, long offset)
    {
        ThrowIfCapturing("a copy from the host cannot be captured; copy it before the graph");
        if (source.IsEmpty)
        {
            return;
        }

        int code;
        fixed (byte* from = source)
        {
            uint waits = device.Pinned.Contain((nint)from, (nuint)source.Length) ? 0u : 1u;
            code = device.Driver.EnqueueWriteBuffer(
                Queue, Handle(destination), waits, (nuint)offset, (nuint)source.Length, from, 0, null, null);
        }

        device.CheckWork(code, "clEnqueueWriteBuffer");
    }

    private protected override void CopyToHostBytes(GpuMemory source, long offset, Span<byte> destination)
    {
        ThrowIfCapturing("a copy to the host cannot be captured; copy it after the graph");
        if (destination.IsEmpty)
        {
            return;
        }

        int code;
        fixed (byte* to = destination)
        {
            uint waits = device.Pinned.Contain((nint)to, (nuint)destination.Length) ? 0u : 1u;
            code = device.Driver.EnqueueReadBuffer(
                Queue, Handle(source), waits, (nuint)offset, (nuint)destination.Length, to, 0, null, null);
        }

        device.CheckWork(code, "clEnqueueReadBuffer");
    }

    private protected override void CopyBytes(
        GpuMemory source, long sourceOffset, GpuMemory destination, long destinationOffset, long lengthInBytes)
    {
        nint from = Handle(source);
        nint to = Handle(destination);
        if (lengthInBytes == 0)
        {
            return;
        }

        if (_capture is null)
        {
            Copy(device, Queue, from, (nuint)sourceOffset, to, (nuint)destinationOffset, (nuint)lengthInBytes);
        }
        else
        {
            _capture.Add(new CopyPart(
                from, (nuint)sourceOffset, to, (nuint)destinationOffset, (nuint)lengthInBytes));
        }
    }

    private protected override void ClearBytes(GpuMemory destination, long offset, long lengthInBytes)
    {
        nint to = Handle(destination);
        if (lengthInBytes == 0)
        {
            return;
        }

        if (_capture is null)
        {
            Clear(device, Queue, to, (nuint)offset, (nuint)lengthInBytes);
        }
        else
        {
            _capture.Add(new ClearPart(to, (nuint)offset, (nuint)lengthInBytes));
        }
    }

    protected override void Dispose(bool disposing)
    {
        nint from = Interlocked.Exchange(ref _queue, 0);
        if (from == 0)
        {
            return;
        }

        device.Live.Remove(this);
        foreach (OpenClCommand command in _capture ?? [])
        {
            command.Free(device);
        }

        _ = device.Driver.Finish(from);
        foreach (nint kernel in _kernels.Values)
        {
            _ = device.Driver.ReleaseKernel(kernel);
        }

        _ = device.Driver.ReleaseCommandQueue(from);
    }

    private static void Copy(
        OpenClDevice device, nint queue, nint from, nuint fromOffset, nint to, nuint toOffset, nuint length) =>
        device.Check(
            device.Driver.EnqueueCopyBuffer(queue, from, to, fromOffset, toOffset, length, 0, null, null),
            "clEnqueueCopyBuffer");

    private static void Clear(OpenClDevice device, nint queue, nint memory, nuint offset, nuint length)
    {
        // Words where they fit: some drivers fill bytes one by one.
        uint zero = 0;
        nuint step = (offset | length) % sizeof(uint) == 0 ? sizeof(uint) : 1u;
        device.Check(
            device.Driver.EnqueueFillBuffer(queue, memory, &zero, step, offset, length, 0, null, null),
            "clEnqueueFillBuffer");
    }

    private void Capture(in KernelLaunch launch)
    {
        // Its own kernel object keeps the arguments for as long as the graph lives.
        nint kernel = device.CreateKernel(launch.Kernel);
        try
        {
            OpenClLaunch.SetArguments(device, kernel, in launch);
        }
        catch (GpuException)
        {
            _ = device.Driver.ReleaseKernel(kernel);
            throw;
        }

        _capture!.Add(new RunKernel(kernel, launch.Kernel, launch.Grid));
    }

    private nint Handle(GpuMemory memory) => memory.Device == device
        ? ((OpenClMemory)memory).Handle
        : throw new ArgumentException($"the memory is {memory.Device.Info.Selector}'s, expected {device.Info.Selector}'s");

    private void ThrowIfCapturing(string text)
    {
        if (_capture is not null)
        {
            throw new GpuException(GpuErrorKind.InvalidOperation, $"{device.Info.Selector}: {text}");
        }
    }

    private sealed class RunKernel(nint kernel, KernelDescriptor descriptor, LaunchGrid grid)
        : OpenClCommand
    {
        public override void Enqueue(OpenClDevice device, nint queue) =>
            OpenClLaunch.Enqueue(device, queue, kernel, descriptor, grid);

        public override void Free(OpenClDevice device) => _ = device.Driver.ReleaseKernel(kernel);
    }

    private sealed class CopyPart(nint from, nuint fromOffset, nint to, nuint toOffset, nuint length) : OpenClCommand
    {
        public override void Enqueue(OpenClDevice device, nint queue) =>
            Copy(device, queue, from, fromOffset, to, toOffset, length);
    }

    private sealed class ClearPart(nint memory, nuint offset, nuint length) : OpenClCommand
    {
        public override void Enqueue(OpenClDevice device, nint queue) => Clear(device, queue, memory, offset, length);
    }

    private sealed class SetMark(OpenClEvent mark) : OpenClCommand
    {
        public override void Enqueue(OpenClDevice device, nint queue) => mark.Set(device, queue);
    }

    private sealed class WaitForMark(OpenClEvent mark) : OpenClCommand
    {
        public override void Enqueue(OpenClDevice device, nint queue) => mark.Wait(device, queue);
    }
}
