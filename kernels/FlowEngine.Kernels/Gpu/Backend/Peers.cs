using System.Diagnostics.CodeAnalysis;

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
    [SuppressMessage("Reliability", "CA2000", Justification = "The peers own their group.")]
    public GpuPeers Join(ReadOnlySpan<byte> id, int rank, int size)
    {
        CudaDevice device = CudaDevice.Of(_device);
        GpuGroup group = new(device, NcclLibrary.Required, id, rank, size, GpuGroup.DefaultPatience);
        return new GpuPeers(this, device, group, ownsGroup: true);
    }

    /// <summary>Lets the GPUs of a group exchange what this backend computes.</summary>
    /// <param name="group">The group, which this process joined with this GPU and keeps.</param>
    /// <exception cref="GpuException">The process joined it with another device.</exception>
    public GpuPeers Join(GpuGroup group) => group.Device.Selector == Name
        ? new GpuPeers(this, CudaDevice.Of(_device), group, ownsGroup: false)
        : throw new GpuException(
            GpuErrorKind.NoDevice, $"the ranks are joined on {group.Device.Selector}, and what they train is on {Name}");

    /// <summary>The queue of operations.</summary>
    internal CudaStream CudaStream => (CudaStream)_stream;

    /// <summary>Held while operations are queued.</summary>
    internal Lock Operations => _queue;

    /// <summary>A view's elements on the device; none of an empty one.</summary>
    internal GpuView<float> Elements(BufferView view) => view.IsEmpty ? default : View(view, view.Length);

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
