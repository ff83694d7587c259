using FlowEngine.Kernels.Gpu;

namespace FlowEngine.Tests.Ilgpu;

/// <summary>
/// Runs each launch twice from the same memory, by the committed PTX and by that which ILGPU makes, and keeps the largest
/// differences of what they write. What ILGPU's gave goes into the next launch.
/// </summary>
internal sealed class TwinDevice(GpuDevice ilgpu, GpuDevice cuda) : GpuDevice(ilgpu.Info)
{
    public Differences Differences { get; } = new();

    public override PinnedBuffer<T> AllocatePinned<T>(int length) => new HostPinnedBuffer<T>(length);

    public override GpuStream CreateStream() => new TwinStream(this, ilgpu.CreateStream(), cuda.CreateStream());

    public override GpuEvent CreateEvent() => new HostEvent();

    public override (long Free, long Total) MemoryInBytes() => ilgpu.MemoryInBytes();

    internal override GpuMemory AllocateMemory(long lengthInBytes) =>
        new TwinMemory(this, ilgpu.AllocateMemory(lengthInBytes), cuda.AllocateMemory(lengthInBytes));

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        ilgpu.Dispose();
        cuda.Dispose();
    }
}
