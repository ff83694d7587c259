namespace FlowEngine.Kernels.Gpu.Emulator;

/// <summary>
/// Runs kernels as C# on the calling thread, one group after the other, every access checked. Work is done when the call
/// that queues it returns. Slow by design: it finds faults, and a debugger can step through a kernel on it.
/// </summary>
public sealed class EmulatorDevice : GpuDevice
{
    private const int SharedBytes = 227 * 1024;

    private readonly int _seed;

    /// <summary>A device with no memory allocated.</summary>
    /// <param name="seed">Decides the order of threads; the same seed gives the same order.</param>
    public EmulatorDevice(int seed = 1)
        : base(Description)
    {
        _seed = seed;
    }

    /// <summary>How it is listed.</summary>
    public static GpuDeviceInfo Description { get; } = new(
        GpuRunner.Emulator,
        0,
        "emulator of kernels in C#",
        GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        "for tests and debuggers",
        1,
        SharedBytes);

    internal Intervals Intervals { get; } = new();

    /// <inheritdoc/>
    public override PinnedBuffer<T> AllocatePinned<T>(int length) => new HostPinnedBuffer<T>(length);

    /// <inheritdoc/>
    public override GpuStream CreateStream() => new EmulatorStream(this, _seed);

    /// <inheritdoc/>
    public override GpuEvent CreateEvent() => new HostEvent();

    /// <inheritdoc/>
    public override (long Free, long Total) MemoryInBytes()
    {
        GCMemoryInfo memory = GC.GetGCMemoryInfo();
        return (memory.TotalAvailableMemoryBytes - memory.MemoryLoadBytes, memory.TotalAvailableMemoryBytes);
    }

    internal override GpuMemory AllocateMemory(long lengthInBytes) => new EmulatedMemory(this, lengthInBytes);
}
