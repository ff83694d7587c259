using FlowEngine.Kernels;

namespace FlowEngine.Conformance.Operations;

// Operations of the affine map of a pixel.
internal static partial class BackendOperations
{
    public static PixelAffineParameters AffineParameters(
        OperationBuffers buffers, int channels, bool actNorm, bool convolution)
    {
        var random = new Random(channels);
        double[] signs = new double[channels];
        double[] rows = new double[channels];
        for (int c = 0; c < channels; c++)
        {
            signs[c] = random.Next(2) == 0 ? -1 : 1;
            rows[c] = c;
        }

        random.Shuffle(rows);
        double spread = 0.5 / Math.Sqrt(channels);
        long square = (long)channels * channels;
        return new PixelAffineParameters(
            channels,
            actNorm ? buffers.Random(channels, 0.5) : default,
            actNorm ? buffers.Random(channels, 0.3) : default,
            convolution ? buffers.Random(square, spread) : default,
            convolution ? buffers.Random(square, spread) : default,
            convolution ? buffers.Random(channels, 0.3) : default,
            convolution ? buffers.Values(signs) : default,
            convolution ? buffers.Values(rows) : default);
    }

    // Not zero: gradients are added to. Of L and U only the strict triangles may change.
    public static PixelAffineParameters AffineGradients(
        OperationBuffers buffers, int channels, bool actNorm, bool convolution)
    {
        PixelAffineParameters gradients = AffineParameters(buffers, channels, actNorm, convolution);
        return gradients with { Sign = default, Permutation = default };
    }

    public static PixelAffineMap AssembledMap(OperationBuffers buffers, in PixelAffineParameters parameters)
    {
        int channels = parameters.Channels;
        var map = new PixelAffineMap(channels, buffers.Output(PixelAffineMap.LengthFor(channels)));
        buffers.Backend.PixelAffine.Assemble(parameters, map, inverse: true);
        return map;
    }

    public static OperationOutputs RunPixelAffine(
        OperationBuffers buffers, ImageShape shape, bool inPlace, bool squeeze = false)
    {
        IBackend backend = buffers.Backend;
        PixelAffineMap map = AssembledMap(buffers, AffineParameters(buffers, shape.Channels, true, true)) with
        {
            Squeezes = squeeze,
        };
        BufferView x = buffers.PerImage(shape.Dims);
        BufferView kept = buffers.CopyOf(x);
        BufferView y = LikeOutputs(buffers, x, inPlace);
        BufferView logDet = buffers.PerImage(1);
        backend.PixelAffine.Forward(shape, map, x, y, logDet);

        BufferView toInvert = buffers.PerImage(shape.Dims);
        BufferView inverse = LikeOutputs(buffers, toInvert, inPlace);
        backend.PixelAffine.Inverse(shape, map, toInvert, inverse);

        BufferView dy = buffers.PerImage(shape.Dims);
        BufferView dx = LikeOutputs(buffers, dy, inPlace);
        BufferView dMatrix = buffers.Output((long)shape.Channels * shape.Channels);
        BufferView dOffset = buffers.Output(shape.Channels);
        BufferView workspace = buffers.Output(backend.PixelAffine.WorkspaceLength(shape));
        backend.PixelAffine.Backward(shape, map, kept, dy, dx, dMatrix, dOffset, workspace);
        return new OperationOutputs()
            .PerImage("y", y)
            .PerImage("logDet", logDet)
            .PerImage("inverse", inverse)
            .PerImage("dx", dx)
            .Shared("dM", dMatrix)
            .Shared("dv", dOffset);
    }
}
