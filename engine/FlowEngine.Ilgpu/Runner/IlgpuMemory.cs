using FlowEngine.Kernels.Gpu;
using ILGPU;
using ILGPU.Runtime;

namespace FlowEngine.Ilgpu;

/// <summary>Memory that an accelerator of ILGPU allocated.</summary>
internal sealed class IlgpuMemory(IlgpuDevice device, MemoryBuffer1D<byte, Stride1D.Dense> buffer)
    : GpuMemory(device, buffer.Length)
{
    /// <summary>Some of it.</summary>
    /// <param name="start">The first byte.</param>
    /// <param name="length">How many.</param>
    public ArrayView<byte> Bytes(long start, long length) => buffer.View.BaseView.SubView(start, length);

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (!buffer.IsDisposed)
        {
            device.NoteFreed(this);
            using ScopedAcceleratorBinding binding = device.Accelerator.BindScoped();
            buffer.Dispose();
        }
    }
}
