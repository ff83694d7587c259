using FlowEngine.Kernels;
using FlowEngine.Kernels.Reference;
using Xunit;

namespace FlowEngine.Tests.Backends;

public abstract partial class NetworkTests
{
    /// <summary>Shapes (B, H, W, C) and hidden channels, with sizes beside those of vectors and tiles.</summary>
    public static TheoryData<int, int, int, int, int> NetworkShapes => new()
    {
        { 1, 1, 1, 2, 1 },
        { 5, 1, 1, 4, 3 },
        { 1, 2, 2, 6, 12 },
        { 2, 2, 2, 12, 16 },
        { 3, 3, 5, 4, 33 },
        { 2, 5, 3, 24, 64 },
        { 1, 7, 10, 2, 100 },
        { 2, 4, 6, 48, 129 },
        { 1, 1, 127, 4, 16 },
        { 2, 8, 8, 4, 33 },
        { 1, 3, 43, 2, 64 },
        { 1, 11, 93, 2, 12 },
        { 4, 16, 16, 4, 16 },
        { 1, 25, 41, 6, 129 },

        // The widest that a GPU runs fused, and one wider.
        { 1, 1, 3, 4, 512 },
        { 2, 1, 2, 2, 520 },
    };

    /// <summary>The coupling, whether there are inner ActNorms, whether taps outside the image read 1.</summary>
    public static TheoryData<CouplingKind, bool, bool> NetworkKinds => new()
    {
        { CouplingKind.Affine, true, false },
        { CouplingKind.Affine, false, true },
        { CouplingKind.Affine, true, true },
        { CouplingKind.Additive, false, false },
        { CouplingKind.Additive, true, true },
    };

    [Theory]
    [MemberData(nameof(NetworkShapes))]
    public void PixelNetwork_agrees_with_the_reference(int batch, int height, int width, int channels, int hidden)
    {
        foreach ((CouplingKind kind, bool innerActNorm, bool outsideReadsOne) in NetworkKinds.Select(row => row.Data))
        {
            PixelNetworkShape network = NetworkShape(kind, channels, hidden, innerActNorm, outsideReadsOne);
            AssertAgrees(
                (buffers, shape) => RunPixelNetwork(buffers, shape, network),
                new ImageShape(batch, height, width, channels));
        }
    }

    [Theory]
    [MemberData(nameof(NetworkKinds))]
    public void PixelNetwork_agrees_at_every_pixel_count(CouplingKind kind, bool innerActNorm, bool outsideReadsOne)
    {
        PixelNetworkShape network = NetworkShape(kind, 4, 16, innerActNorm, outsideReadsOne);
        for (int pixels = 1; pixels <= 70; pixels++)
        {
            AssertAgrees(
                (buffers, shape) => RunPixelNetwork(buffers, shape, network),
                pixels % 2 == 0 ? new ImageShape(1, 2, pixels / 2, 4) : new ImageShape(1, pixels, 1, 4));
        }
    }

    [Fact]
    public void PixelNetwork_agrees_at_every_hidden_count()
    {
        for (int hidden = 1; hidden <= 70; hidden++)
        {
            PixelNetworkShape network = NetworkShape(CouplingKind.Affine, 4, hidden, hidden % 2 == 0, hidden % 3 == 0);
            AssertAgrees(
                (buffers, shape) => RunPixelNetwork(buffers, shape, network), new ImageShape(2, 2, 3, 4));
        }
    }

    // A factor too few or too many rounded would be as far from the judge as the judge is from one that rounds none.
    [Theory]
    [MemberData(nameof(NetworkKinds))]
    public void PixelNetwork_rounds_what_the_reference_rounds(CouplingKind kind, bool innerActNorm, bool outsideReadsOne)
    {
        PixelNetworkShape network = NetworkShape(kind, 12, 48, innerActNorm, outsideReadsOne);
        var shape = new ImageShape(2, 9, 11, 12);
        int[] images = [0, 1];
        Operation operation = (buffers, s) => RunPixelNetwork(buffers, s, network);
        using var exact = new ReferenceBackend<double>();
        Dictionary<string, double[]> unrounded = Run(exact, operation, shape, images);
        Dictionary<string, double[]> expected = Run(Judge, operation, shape, images);
        Dictionary<string, double[]> actual = Run(Backend, operation, shape, images);
        foreach ((string name, double[] values) in expected)
        {
            double rounding = Conformance.Agreement.Error(unrounded[name], values);
            double error = Conformance.Agreement.Error(values, actual[name]);
            Assert.True(error <= Math.Max(1e-5, rounding / 2), $"{name}: error {error}, rounding gives {rounding}");
        }
    }

    [Theory]
    [MemberData(nameof(NetworkKinds))]
    public void PixelNetwork_does_not_depend_on_the_batch(CouplingKind kind, bool innerActNorm, bool outsideReadsOne)
    {
        foreach ((int height, int width, int channels, int hidden) in
            new[] { (1, 1, 2, 1), (3, 5, 6, 33), (5, 7, 4, 8), (7, 19, 4, 16), (2, 2, 24, 100) })
        {
            PixelNetworkShape network = NetworkShape(kind, channels, hidden, innerActNorm, outsideReadsOne);
            AssertIndependentOfTheBatch(
                (buffers, shape) => RunPixelNetwork(buffers, shape, network),
                new ImageShape(4, height, width, channels));
        }
    }

    [Theory]
    [MemberData(nameof(NetworkKinds))]
    public void PixelNetwork_is_three_padded_convolutions(CouplingKind kind, bool innerActNorm, bool outsideReadsOne)
    {
        var shape = new ImageShape(2, 3, 4, 6);
        PixelNetworkShape network = NetworkShape(kind, 6, 5, innerActNorm, outsideReadsOne);
        using var buffers = new OperationBuffers(Backend, seed: 1, 0, 1);
        NetworkWeights weights = PreparedWeights(buffers, network, NetworkParameters(buffers, network));
        var parameters = PixelNetworkParameters.Of(network, weights.Parameters);
        BufferView x = buffers.PerImage(shape.Dims);
        double[] actual = buffers.Read(NetworkOutput(buffers, network, shape, weights, x, keep: false).Output);

        double[] weight1 = buffers.Read(parameters.Weight1);
        double[] weight2 = buffers.Read(parameters.Weight2);
        double[] weight3 = buffers.Read(parameters.Weight3);
        double[] input = buffers.Read(x);
        double[] hidden = Convolved(
            shape,
            network.Hidden,
            3,
            (b, row, column, i) => Inside(shape, row, column)
                ? input[(((((b * shape.Height) + row) * shape.Width) + column) * shape.Channels) + i]
                : 0,
            network.InputChannels,
            (o, tap, i) => weight1[(((o * 9) + tap) * network.InputChannels) + i]);
        hidden = Activated(buffers, hidden, parameters.Bias1, parameters.LogScale1, innerActNorm ? 1 : 0, true);
        double[] first = hidden;
        hidden = Convolved(
            shape,
            network.Hidden,
            1,
            (b, row, column, i) => first[(((((b * shape.Height) + row) * shape.Width) + column) * network.Hidden) + i],
            network.Hidden,
            (o, _, i) => weight2[(o * network.Hidden) + i]);
        hidden = Activated(buffers, hidden, parameters.Bias2, parameters.LogScale2, innerActNorm ? 1 : 0, true);
        double[] output = Convolved(
            shape,
            network.OutputChannels,
            3,
            (b, row, column, i) => Inside(shape, row, column)
                ? hidden[(((((b * shape.Height) + row) * shape.Width) + column) * network.Hidden) + i]
                : outsideReadsOne ? 1 : 0,
            network.Hidden,
            (o, tap, i) => weight3[(((i * 9) + tap) * network.OutputChannels) + o]);
        double[] expected = Activated(buffers, output, parameters.Bias3, parameters.LogScale3, 3, false);

        // Nothing here is rounded to operands: their precision shows.
        double tolerance = Backend.NetworkPrecision switch
        {
            NetworkPrecision.Full => 20 * BackendEpsilon,
            NetworkPrecision.TensorFloat32 => 2e-3,
            _ => 1e-2,
        };
        Agreement.AssertClose("output", expected, actual, tolerance);
    }

    [Fact]
    public void PixelNetwork_gives_the_same_bits_whether_it_keeps_or_not()
    {
        var shape = new ImageShape(2, 3, 7, 6);
        PixelNetworkShape network = NetworkShape(CouplingKind.Affine, 6, 33, true, true);
        using var buffers = new OperationBuffers(Backend, seed: 1, 0, 1);
        NetworkWeights weights = PreparedWeights(buffers, network, NetworkParameters(buffers, network));
        BufferView x = buffers.PerImage(shape.Dims);
        double[] keeping = buffers.Read(NetworkOutput(buffers, network, shape, weights, x, keep: true).Output);
        double[] forgetting = buffers.Read(NetworkOutput(buffers, network, shape, weights, x, keep: false).Output);
        Agreement.AssertSameBits("output", keeping, forgetting);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void PixelNetworkStatistics_agree_with_the_reference(int layer)
    {
        foreach ((int height, int width, int channels, int hidden) in
            new[] { (1, 1, 2, 1), (3, 5, 6, 33), (11, 93, 4, 16), (2, 2, 24, 100), (1, 127, 2, 7) })
        {
            PixelNetworkShape network = NetworkShape(CouplingKind.Affine, channels, hidden, true, false);
            AssertAgrees(
                (buffers, shape) =>
                {
                    var runs = (IPixelNetwork)buffers.Backend.GetNetwork(network);
                    BufferView array = NetworkParameters(buffers, network);
                    var parameters = PixelNetworkParameters.Of(network, array);
                    buffers.Backend.Fill(layer == 1 ? parameters.Bias1 : parameters.Bias2, 0);
                    buffers.Backend.Fill(layer == 1 ? parameters.LogScale1 : parameters.LogScale2, 0);
                    NetworkWeights weights = PreparedWeights(buffers, network, array);
                    BufferView mean = buffers.Output(hidden);
                    BufferView deviation = buffers.Output(hidden);
                    runs.Statistics(
                        shape,
                        weights,
                        buffers.PerImage(shape.Dims, 1, 0.5),
                        layer,
                        mean,
                        deviation,
                        buffers.Output(runs.KeptLength(shape)),
                        NetworkWorkspace(buffers, network, shape, backward: false));
                    return new OperationOutputs().Shared("mean", mean).Shared("deviation", deviation);
                },
                new ImageShape(3, height, width, channels));
        }
    }

    private static bool Inside(ImageShape shape, int row, int column) =>
        row >= 0 && row < shape.Height && column >= 0 && column < shape.Width;

    // A textbook convolution of odd side; pixel(b, row, column, i) is asked outside the image too.
    private static double[] Convolved(
        ImageShape shape,
        int outputs,
        int side,
        Func<int, int, int, int, double> pixel,
        int inputs,
        Func<int, int, int, double> weight)
    {
        double[] result = new double[shape.Pixels * outputs];
        for (int p = 0; p < shape.Pixels; p++)
        {
            (int b, int position) = int.DivRem(p, shape.PixelsPerImage);
            (int row, int column) = int.DivRem(position, shape.Width);
            for (int o = 0; o < outputs; o++)
            {
                for (int tap = 0; tap < side * side; tap++)
                {
                    for (int i = 0; i < inputs; i++)
                    {
                        int tapRow = row + (tap / side) - (side / 2);
                        int tapColumn = column + (tap % side) - (side / 2);
                        result[(p * outputs) + o] += weight(o, tap, i) * pixel(b, tapRow, tapColumn, i);
                    }
                }
            }
        }

        return result;
    }

    // e^(factor · ls) (c + b), rectified or not.
    private static double[] Activated(
        OperationBuffers buffers, double[] c, BufferView bias, BufferView logScale, double factor, bool rectified)
    {
        double[] biases = buffers.Read(bias);
        double[] logScales = factor == 0 ? new double[biases.Length] : buffers.Read(logScale);
        double[] result = new double[c.Length];
        for (int i = 0; i < c.Length; i++)
        {
            int channel = i % biases.Length;
            double value = Math.Exp(factor * logScales[channel]) * (c[i] + biases[channel]);
            result[i] = rectified ? Math.Max(0, value) : value;
        }

        return result;
    }
}
