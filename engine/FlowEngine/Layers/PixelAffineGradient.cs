using FlowEngine.Kernels;

namespace FlowEngine.Layers;

/// <summary>The backward pass of an affine map per pixel, from dy to the gradients of its parameters.</summary>
internal static class PixelAffineGradient
{
    /// <summary>The scratch memory of <see cref="Run"/>, in elements: dM, dv and the pass's own.</summary>
    public static long WorkspaceLength(IBackend backend, ImageShape shape)
    {
        LayerMemory memory = default;
        Declare(ref memory, backend, shape);
        return memory.WorkspaceLength;
    }

    /// <summary>dx = Mᵀ dy, and the parameters' gradients by way of dM and dv. dx may be dy itself.</summary>
    public static void Run(
        in LayerContext context,
        ImageShape shape,
        in PixelAffineParameters parameters,
        in PixelAffineParameters gradients,
        in PixelAffineMap map,
        BufferView x,
        BufferView dy,
        BufferView dLogDet,
        BufferView dx)
    {
        LayerMemory memory = new(context.Workspace, default, keeps: false);
        (BufferView dMatrix, BufferView dOffset, BufferView scratch) = Declare(ref memory, context.Backend, shape);
        context.Backend.PixelAffine.Backward(shape, map, x, dy, dx, dMatrix, dOffset, scratch);
        context.Backend.PixelAffine.AssembleBackward(
            parameters, shape.PixelsPerImage, dMatrix, dOffset, dLogDet, gradients);
    }

    private static (BufferView Matrix, BufferView Offset, BufferView Scratch) Declare(
        ref LayerMemory memory, IBackend backend, ImageShape shape) => (
        memory.Take((long)shape.Channels * shape.Channels),
        memory.Take(shape.Channels),
        memory.Take(backend.PixelAffine.WorkspaceLength(shape)));
}
