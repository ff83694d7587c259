using System.Runtime.CompilerServices;
using FlowEngine.Kernels.Gpu;

namespace FlowEngine.Tests.Ilgpu;

/// <summary>A stream of a <see cref="TwinDevice"/>.</summary>
internal sealed class TwinStream(TwinDevice device, GpuStream ilgpu, GpuStream cuda) : HostStream(device)
{
    internal override void Submit(in KernelLaunch launch)
    {
        KernelLaunch ours = launch;
        KernelLaunch theirs = launch;
        byte[][] before = new byte[launch.Count][];
        for (int i = 0; i < launch.Count; i++)
        {
            KernelArgument argument = launch.Argument(i);
            if (argument.Memory is TwinMemory memory)
            {
                before[i] = Read(ilgpu, memory.Ilgpu, argument);
                cuda.CopyToDevice(before[i], View(memory.Cuda, argument.OffsetInBytes, argument.LengthInBytes));
                Unsafe.AsRef(in ours.Argument(i)) = argument with { Memory = memory.Cuda };
                Unsafe.AsRef(in theirs.Argument(i)) = argument with { Memory = memory.Ilgpu };
            }
        }

        cuda.Submit(in ours);
        ilgpu.Submit(in theirs);
        device.Differences.NoteLaunch(launch.Kernel);
        for (int i = 0; i < launch.Count; i++)
        {
            if (launch.Kernel.Parameters[i].Kind == KernelParameterKind.View)
            {
                KernelArgument argument = launch.Argument(i);
                var memory = (TwinMemory)argument.Memory!;
                device.Differences.Note(
                    launch.Kernel, i, before[i], Read(cuda, memory.Cuda, argument), Read(ilgpu, memory.Ilgpu, argument));
            }
        }
    }

    protected override void Finish()
    {
        // All work is done when its call returns: it was read.
    }

    private protected override void CopyToDeviceBytes(ReadOnlySpan<byte> source, GpuMemory destination, long offset) =>
        ilgpu.CopyToDevice(source, View(((TwinMemory)destination).Ilgpu, offset, source.Length));

    private protected override void CopyToHostBytes(GpuMemory source, long offset, Span<byte> destination) =>
        ilgpu.CopyToHost(View(((TwinMemory)source).Ilgpu, offset, destination.Length), destination);

    private protected override void CopyBytes(
        GpuMemory source, long sourceOffset, GpuMemory destination, long destinationOffset, long lengthInBytes) =>
        ilgpu.Copy(
            View(((TwinMemory)source).Ilgpu, sourceOffset, lengthInBytes),
            View(((TwinMemory)destination).Ilgpu, destinationOffset, lengthInBytes));

    private protected override void ClearBytes(GpuMemory destination, long offset, long lengthInBytes) =>
        ilgpu.Clear(View(((TwinMemory)destination).Ilgpu, offset, lengthInBytes));

    protected override void Dispose(bool disposing)
    {
        ilgpu.Dispose();
        cuda.Dispose();
    }

    private static byte[] Read(GpuStream stream, GpuMemory memory, KernelArgument argument)
    {
        byte[] bytes = new byte[argument.LengthInBytes];
        stream.CopyToHost(View(memory, argument.OffsetInBytes, argument.LengthInBytes), bytes.AsSpan());
        stream.Synchronize();
        return bytes;
    }

    private static GpuView<byte> View(GpuMemory memory, long start, long length) => new(memory, start, length);
}
