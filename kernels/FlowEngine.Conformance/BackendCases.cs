using FlowEngine.Kernels;
using static FlowEngine.Conformance.Operations.BackendOperations;

namespace FlowEngine.Conformance;

/// <summary>The operations that every backend must do right, on shapes beside the sizes of vectors and tiles.</summary>
public static class BackendCases
{
    private static readonly (ImageShape Shape, int Hidden)[] _shapes =
    [
        (new ImageShape(5, 1, 1, 4), 3),
        (new ImageShape(2, 5, 3, 6), 33),
        (new ImageShape(1, 7, 10, 2), 100),
        (new ImageShape(2, 4, 6, 48), 64),
        (new ImageShape(4, 16, 16, 12), 16),
    ];

    /// <summary>Those of coupling networks, which know a precision.</summary>
    public static IReadOnlyList<BackendCase> Networks { get; } = [.. _shapes.SelectMany(NetworkCases)];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<BackendCase> All { get; } = [.. Networks, .. _shapes.SelectMany(OtherCases)];

    private static IEnumerable<BackendCase> NetworkCases((ImageShape Shape, int Hidden) size)
    {
        (ImageShape shape, int hidden) = size;
        PixelNetworkShape affine = NetworkShape(CouplingKind.Affine, shape.Channels, hidden, true, false);
        PixelNetworkShape additive = NetworkShape(CouplingKind.Additive, shape.Channels, hidden, false, true);
        yield return new("PixelNetwork, inner ActNorm", shape, (b, s) => RunPixelNetwork(b, s, affine));
        yield return new("PixelNetwork, border reads 1", shape, (b, s) => RunPixelNetwork(b, s, additive));
        yield return new(
            "PixelStage, affine", shape, (b, s) => RunPixelStage(b, s, CouplingKind.Affine, affine, inPlace: false));
        yield return new(
            "PixelStage, additive", shape, (b, s) => RunPixelStage(b, s, CouplingKind.Additive, additive, inPlace: true));
        if (shape.Channels % 4 == 0)
        {
            yield return new(
                "PixelStage, squeezed",
                shape,
                (b, s) => RunPixelStage(b, s, CouplingKind.Affine, affine, inPlace: true, squeeze: true));
        }
    }

    private static IEnumerable<BackendCase> OtherCases((ImageShape Shape, int Hidden) size)
    {
        (ImageShape shape, int hidden) = size;
        yield return new("PixelAffine", shape, (b, s) => RunPixelAffine(b, s, inPlace: false));
        yield return new(
            "PixelAffine, squeezed",
            shape.WithChannels(2 * shape.Channels),
            (b, s) => RunPixelAffine(b, s, inPlace: false, squeeze: true));
        yield return new("Coupling, affine", shape, (b, s) => RunCoupling(b, s, CouplingKind.Affine, inPlace: false));
        yield return new("Coupling, additive", shape, (b, s) => RunCoupling(b, s, CouplingKind.Additive, inPlace: true));
        yield return new("Gaussian, a prior for each image", shape, (b, s) => RunGaussian(b, s, false, inPlace: false));
        yield return new("Gaussian, one prior", shape, (b, s) => RunGaussian(b, s, true, inPlace: true));
        yield return new("ZeroConvolution", shape, (b, s) => RunZeroConvolution(b, s, 2 * s.Channels, true));
        yield return new("ChannelSums", shape, RunChannelSums);
        CouplingMask checkerboard = CouplingMask.Checkerboard(shape.Channels, 1);
        CouplingMask half = CouplingMask.Half(shape.Channels, movesFirst: true);
        yield return new("MaskedCoupling, checkerboard", shape, (b, s) => RunMaskedCoupling(b, s, checkerboard));
        yield return new("MaskedCoupling, channels", shape, (b, s) => RunMaskedCoupling(b, s, half));
        yield return new("ResidualNetwork", shape, (b, s) => RunResidualNetwork(b, s, ResidualShape(s, hidden, 1)));
        foreach ((string name, ElementwiseMap map, double scale) in ElementwiseMaps)
        {
            yield return new(name, shape, (b, s) => RunElementwise(b, s, map, scale));
        }

        // Where the pixels of an image are the rows of a table.
        ImageShape rows = new(shape.Pixels, 1, 1, shape.Channels);
        ImageShape odd = rows with { Channels = shape.Channels + 1 };
        yield return new("Coupling, odd", odd, (b, s) => RunCoupling(b, s, CouplingKind.Affine, inPlace: false));
        yield return new("DenseNetwork", rows, (b, s) => RunDenseNetwork(b, s, DenseShape(s, hidden, false)));
        yield return new("DenseNetwork, masked", rows, (b, s) => RunDenseNetwork(b, s, DenseShape(s, hidden, true)));
        foreach ((string name, LayeredNetworkShape layered) in LayeredShapes(rows, hidden))
        {
            yield return new($"LayeredNetwork, {name}", rows, (b, s) => RunLayeredNetwork(b, s, layered));
        }

        yield return new("Autoregressive", rows, (b, s) => RunAutoregressive(b, s, DenseShape(s, hidden, true)));
        yield return new(
            "Autoregressive, conditions",
            rows,
            (b, s) => RunAutoregressive(b, s, DenseShape(s, hidden, true, conditions: 3)));
        foreach ((string name, MonotonicMap spline) in MonotonicMaps)
        {
            yield return new(name, rows, (b, s) => RunSpline(b, s, spline, s.Dims / 2));
            yield return new($"{name}, all moved", rows, (b, s) => RunSpline(b, s, spline, 0));
        }

        // Of a masked network the inverse takes a pass for each value of a row, on the emulator too.
        foreach ((string name, FlowEngine.Kernels.NetworkShape network, RationalQuadraticSpline spline, int passing) in
            rows.Batch < 10 ? SplineNetworks(rows.Dims, hidden) : [])
        {
            yield return new($"SplineNetwork, {name}", rows, (b, s) => RunSplineNetwork(b, s, network, spline, passing));
        }

        yield return new("Linear", shape, RunLinear);
        yield return new("Logistic", shape, (b, s) => RunLogistic(b, s, inPlace: true));
        yield return new("Uniform", shape, (b, s) => RunUniform(b, s, inPlace: true));
        yield return new("BatchNorm", shape, (b, s) => RunBatchNorm(b, s, throughStatistics: true));
        yield return new("Permutation", shape, RunPermutation);
    }
}
