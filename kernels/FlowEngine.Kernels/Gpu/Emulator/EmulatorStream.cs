namespace FlowEngine.Kernels.Gpu.Emulator;

/// <summary>Does work as it is queued, or records it.</summary>
internal sealed class EmulatorStream(EmulatorDevice device, int seed) : GpuStream(device)
{
    private readonly Random _random = new(seed);
    private List<Action>? _capture;

    public override void Record(GpuEvent mark) => Do(((EmulatorEvent)mark).Set);

    public override void Wait(GpuEvent mark)
    {
        // All work is done when its call returns.
    }

    public override void Synchronize()
    {
        if (_capture is not null)
        {
            throw new GpuException(GpuErrorKind.InvalidOperation, "emulator: a stream that captures cannot be waited for");
        }
    }

    public override void BeginCapture()
    {
        if (_capture is not null)
        {
            throw new GpuException(GpuErrorKind.InvalidOperation, "emulator: the stream captures already");
        }

        _capture = [];
    }

    public override GpuGraph EndCapture()
    {
        List<Action> work = _capture
            ?? throw new GpuException(GpuErrorKind.InvalidOperation, "emulator: the stream does not capture");
        _capture = null;
        return new EmulatorGraph(work);
    }

    public override void Launch(GpuGraph graph)
    {
        foreach (Action work in ((EmulatorGraph)graph).Work)
        {
            Do(work);
        }
    }

    internal override void Submit(in KernelLaunch launch)
    {
        KernelDescriptor kernel = launch.Kernel;
        LaunchGrid grid = launch.Grid;
        var arguments = new EmulatedArguments(in launch);
        Do(() =>
        {
            Intervals intervals = device.Intervals;
            intervals.BeginLaunch();
            for (int number = 0; number < grid.X * grid.Y * grid.Z; number++)
            {
                new GroupRun(kernel, grid, number, arguments, intervals).Run(_random);
            }
        });
    }

    private protected override void CopyToDeviceBytes(ReadOnlySpan<byte> source, GpuMemory destination, long offset)
    {
        var memory = (EmulatedMemory)destination;
        if (_capture is null)
        {
            source.CopyTo(memory.Bytes(offset, source.Length));
            return;
        }

        throw new GpuException(
            GpuErrorKind.InvalidOperation, "emulator: a copy from the host cannot be captured; copy it before the graph");
    }

    private protected override void CopyToHostBytes(GpuMemory source, long offset, Span<byte> destination)
    {
        if (_capture is not null)
        {
            throw new GpuException(
                GpuErrorKind.InvalidOperation, "emulator: a copy to the host cannot be captured; copy it after the graph");
        }

        ((EmulatedMemory)source).Bytes(offset, destination.Length).CopyTo(destination);
    }

    private protected override void CopyBytes(
        GpuMemory source, long sourceOffset, GpuMemory destination, long destinationOffset, long lengthInBytes)
    {
        int length = InOnePiece(lengthInBytes);
        Do(() => ((EmulatedMemory)source).Bytes(sourceOffset, length)
            .CopyTo(((EmulatedMemory)destination).Bytes(destinationOffset, length)));
    }

    private protected override void ClearBytes(GpuMemory destination, long offset, long lengthInBytes)
    {
        int length = InOnePiece(lengthInBytes);
        Do(() => ((EmulatedMemory)destination).Bytes(offset, length).Clear());
    }

    protected override void Dispose(bool disposing)
    {
    }

    private static int InOnePiece(long lengthInBytes) => lengthInBytes <= int.MaxValue
        ? (int)lengthInBytes
        : throw new GpuException(
            GpuErrorKind.OutOfMemory, $"emulator: {lengthInBytes} bytes in one piece, expected at most {int.MaxValue}");

    private void Do(Action work)
    {
        if (_capture is null)
        {
            work();
        }
        else
        {
            _capture.Add(work);
        }
    }

    private sealed class EmulatorGraph(List<Action> work) : GpuGraph
    {
        public List<Action> Work { get; } = work;

        protected override void Dispose(bool disposing)
        {
        }
    }
}
