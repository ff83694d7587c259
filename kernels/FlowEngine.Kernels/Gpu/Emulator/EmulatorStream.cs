namespace FlowEngine.Kernels.Gpu.Emulator;

/// <summary>Does work as it is queued, or records it.</summary>
internal sealed class EmulatorStream(EmulatorDevice device, int seed) : HostStream(device)
{
    private readonly Random _random = new(seed);

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

    protected override void Finish()
    {
        // All work is done when its call returns.
    }

    private protected override void CopyToDeviceBytes(ReadOnlySpan<byte> source, GpuMemory destination, long offset)
    {
        ThrowIfCapturing("a copy from the host cannot be captured; copy it before the graph");
        source.CopyTo(((EmulatedMemory)destination).Bytes(offset, source.Length));
    }

    private protected override void CopyToHostBytes(GpuMemory source, long offset, Span<byte> destination)
    {
        ThrowIfCapturing("a copy to the host cannot be captured; copy it after the graph");
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
}
