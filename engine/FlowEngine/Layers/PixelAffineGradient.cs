using FlowEngine.Kernels;

namespace FlowEngine.Layers;

/// <summary>The backward pass of an affine map per pixel, from dy to the gradients of its parameters.</summary>
internal static class PixelAffineGradient
{
    /// <summary>The scratch memory of <see cref="Run"/>, in elements: dM, dv and the pass's own.</summary>
    public static long WorkspaceLength(IBackend backend, ImageShape shape) =>
        ((long)shape.Channels * (shape.Channels + 1)) + backend.PixelAffine.WorkspaceLength(shape);

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
        long square = (long)shape.Channels * shape.Channels;
        BufferView dMatrix = context.Workspace.Slice(0, square);
        BufferView dOffset = context.Workspace.Slice(square, shape.Channels);
        long used = square + shape.Channels;
        BufferView scratch = context.Workspace.Slice(used, context.Workspace.Length - used);
        context.Backend.PixelAffine.Backward(shape, map, x, dy, dx, dMatrix, dOffset, scratch);
        context.Backend.PixelAffine.AssembleBackward(
            parameters, shape.PixelsPerImage, dMatrix, dOffset, dLogDet, gradients);
    }
}
