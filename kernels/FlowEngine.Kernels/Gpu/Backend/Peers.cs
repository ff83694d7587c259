using FlowEngine.Kernels.Device;
using FlowEngine.Kernels.Gpu.Cuda;

namespace FlowEngine.Kernels.Gpu;

public sealed partial class GpuBackend
{
    /// <summary>Whether GPUs as this one can be joined: CUDA devices, where there is NCCL.</summary>
    /// <exception cref="GpuException">NoDevice: FLOWENGINE_NCCL names no NCCL.</exception>
    public bool CanJoin => _device is CudaDevice && NcclLibrary.Found is not null;

    /// <summary>Joins this GPU to those of other processes. All of them make this call.</summary>
    /// <param name="id">Of the group, equal for all: what one of them got of <see cref="GpuPeers.NewId"/>.</param>
    /// <param name="rank">This process, from 0.</param>
    /// <param name="size">The number of processes.</param>
    /// <exception cref="GpuException">The GPUs cannot be joined, such as two processes with the same one.</exception>
    public GpuPeers Join(ReadOnlySpan<byte> id, int rank, int size) =>
        _device is CudaDevice device && NcclLibrary.Found is NcclLibrary nccl
            ? new GpuPeers(this, device, nccl, id, rank, size)
            : throw new GpuException(GpuErrorKind.NoDevice, $"{Name} has no NCCL to join other GPUs by");

    /// <summary>The queue of operations.</summary>
    internal CudaStream CudaStream => (CudaStream)_stream;

    /// <summary>Held while operations are queued.</summary>
    internal Lock Operations => _queue;

    /// <summary>The address of a view's first element.</summary>
    internal ulong Address(BufferView view)
    {
        GpuView<float> elements = View(view, view.Length);
        return ((CudaMemory)elements.Memory).Pointer + (ulong)elements.OffsetInBytes;
    }

    /// <summary>sum += addend, on another stream than that of all other operations.</summary>
    internal void Add(GpuStream stream, BufferView addend, BufferView sum) => SumKernels.AddParts(
        stream,
        Cover(sum.Length, SumKernels.AddPartsKernel),
        View(addend, sum.Length),
        View(sum, sum.Length),
        1,
        sum.Length,
        1);
}
