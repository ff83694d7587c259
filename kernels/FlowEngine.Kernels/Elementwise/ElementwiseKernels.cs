using FlowEngine.Kernels.Gpu;

namespace FlowEngine.Kernels;

/// <summary>The kernels of an elementwise map. Their last parameter is the map's own, a float.</summary>
/// <param name="Forward">
/// x, y, partials, dims: a group has a part of <see cref="PartLength"/> elements of an image, Grid.IdxX of image
/// Grid.IdxY, and writes the sum of ln |f'| to partials (B, parts).
/// </param>
/// <param name="Inverse">y, x, length: a thread has an element.</param>
/// <param name="Backward">y, dy, dLogDet, dx, length, dims: a thread has an element.</param>
public readonly record struct ElementwiseKernels(
    KernelDescriptor Forward, KernelDescriptor Inverse, KernelDescriptor Backward)
{
    /// <summary>The elements of an image that a group of the forward kernel has.</summary>
    public const int PartLength = 2_048;
}
