using FlowEngine.Kernels;
using Xunit;

namespace FlowEngine.Tests.Backends;

public abstract partial class BackendTests
{
    public static TheoryData<int, bool, bool> AffineCases
    {
        get
        {
            var cases = new TheoryData<int, bool, bool>();
            foreach (int channels in new[] { 1, 2, 3, 4, 6, 12, 24, 48 })
            {
                cases.Add(channels, true, true);
                cases.Add(channels, true, false);
                cases.Add(channels, false, true);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void PixelAffine_agrees_with_the_reference(int batch, int height, int width, int channels)
    {
        var shape = new ImageShape(batch, height, width, channels);
        AssertAgrees((buffers, s) => RunPixelAffine(buffers, s, inPlace: false), shape);
        AssertAgrees((buffers, s) => RunPixelAffine(buffers, s, inPlace: true), shape);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void PixelAffine_that_squeezes_agrees_with_the_reference(int batch, int height, int width, int channels)
    {
        AssertAgrees(
            (buffers, s) => RunPixelAffine(buffers, s, inPlace: false, squeeze: true),
            new ImageShape(batch, height, width, 2 * channels));
    }

    [Theory]
    [InlineData(3, 5, 7, 4)]
    [InlineData(1, 1, 70, 12)]
    [InlineData(2, 23, 13, 24)]
    [InlineData(5, 1, 1, 36)]
    public void PixelAffine_that_squeezes_gives_the_bits_of_a_squeezed_copy(
        int batch, int height, int width, int channels)
    {
        var shape = new ImageShape(batch, height, width, channels);
        using var buffers = new OperationBuffers(Backend, seed: 5);
        PixelAffineMap map = AssembledMap(buffers, AffineParameters(buffers, channels, true, true));
        BufferView x = buffers.Random(shape.Length);
        BufferView dy = buffers.Random(shape.Length);
        BufferView squeezed = buffers.Output(shape.Length);
        Backend.SqueezeForward(shape.BeforeSqueeze(), x, squeezed);
        double[][] expected = Run(squeezed, squeeze: false);
        double[][] actual = Run(x, squeeze: true);
        for (int i = 0; i < expected.Length; i++)
        {
            Agreement.AssertSameBits($"result {i}", expected[i], actual[i]);
        }

        Assert.True(buffers.GuardsAreUntouched());

        double[][] Run(BufferView input, bool squeeze)
        {
            PixelAffineMap own = map with { Squeezes = squeeze };
            BufferView y = buffers.Output(shape.Length);
            BufferView inverse = buffers.Output(shape.Length);
            BufferView dx = buffers.Output(shape.Length);
            BufferView dMatrix = buffers.Output((long)channels * channels);
            BufferView dOffset = buffers.Output(channels);
            BufferView workspace = buffers.Output(Backend.PixelAffine.WorkspaceLength(shape));
            Backend.PixelAffine.Forward(shape, own, input, y, default);
            Backend.PixelAffine.Inverse(shape, own, dy, inverse);
            Backend.PixelAffine.Backward(shape, own, input, dy, dx, dMatrix, dOffset, workspace);
            return
            [
                buffers.Read(y),
                buffers.Read(Before(inverse)),
                buffers.Read(Before(dx)),
                buffers.Read(dMatrix),
                buffers.Read(dOffset),
            ];

            BufferView Before(BufferView result)
            {
                BufferView image = buffers.Output(shape.Length);
                Backend.SqueezeInverse(shape.BeforeSqueeze(), result, image);
                return squeeze ? result : image;
            }
        }
    }

    [Fact]
    public void PixelAffine_does_not_squeeze_what_no_squeeze_gives()
    {
        using var buffers = new OperationBuffers(Backend, seed: 5);
        var shape = new ImageShape(1, 2, 2, 6);
        PixelAffineMap map = AssembledMap(buffers, AffineParameters(buffers, shape.Channels, true, true));
        map = map with { Squeezes = true };
        BufferView x = buffers.Random(shape.Length);
        BufferView y = buffers.Output(shape.Length);
        Assert.Throws<InvalidOperationException>(() => Backend.PixelAffine.Forward(shape, map, x, y, default));
        Assert.Throws<InvalidOperationException>(() => Backend.PixelAffine.Inverse(shape, map, y, x));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(12)]
    public void PixelAffine_agrees_at_every_pixel_count(int channels)
    {
        for (int pixels = 1; pixels <= 70; pixels++)
        {
            var shape = new ImageShape(1 + (pixels % 2), 1, pixels, channels);
            AssertAgrees((buffers, s) => RunPixelAffine(buffers, s, inPlace: pixels % 3 == 0), shape);
            if (channels % 4 == 0)
            {
                AssertAgrees((buffers, s) => RunPixelAffine(buffers, s, inPlace: false, squeeze: true), shape);
            }
        }
    }

    [Fact]
    public void PixelAffine_agrees_at_every_channel_count()
    {
        for (int channels = 1; channels <= 40; channels++)
        {
            AssertAgrees(
                (buffers, s) => RunPixelAffine(buffers, s, inPlace: false), new ImageShape(2, 3, 7, channels));
        }
    }

    [Theory]
    [InlineData(1, 1, 2)]
    [InlineData(3, 5, 6)]
    [InlineData(7, 19, 12)]
    [InlineData(2, 3, 48)]
    public void PixelAffine_does_not_depend_on_the_batch(int height, int width, int channels)
    {
        var shape = new ImageShape(4, height, width, channels);
        AssertIndependentOfTheBatch((buffers, s) => RunPixelAffine(buffers, s, inPlace: false), shape);
        AssertIndependentOfTheBatch(
            (buffers, s) => RunPixelAffine(buffers, s, inPlace: false, squeeze: true),
            shape.WithChannels(2 * channels));
    }

    [Fact]
    public void PixelAffine_leaves_the_log_determinant_out_if_it_is_not_asked_for()
    {
        AssertAgrees(
            (buffers, shape) =>
            {
                PixelAffineParameters parameters = AffineParameters(buffers, shape.Channels, true, true);
                PixelAffineMap map = AssembledMap(buffers, parameters);
                BufferView y = buffers.Output(shape.Length);
                buffers.Backend.PixelAffine.Forward(shape, map, buffers.PerImage(shape.Dims), y, default);
                return new OperationOutputs().PerImage("y", y);
            },
            new ImageShape(2, 3, 5, 4));
    }

    [Theory]
    [MemberData(nameof(AffineCases))]
    public void PixelAffineAssemble_agrees_with_the_reference(int channels, bool actNorm, bool convolution)
    {
        AssertAgrees(
            (buffers, shape) =>
            {
                PixelAffineParameters parameters = AffineParameters(buffers, channels, actNorm, convolution);
                PixelAffineMap map = AssembledMap(buffers, parameters);
                PixelAffineParameters gradients = AffineGradients(buffers, channels, actNorm, convolution);
                buffers.Backend.PixelAffine.AssembleBackward(
                    parameters,
                    shape.PixelsPerImage,
                    buffers.Random((long)channels * channels),
                    buffers.Random(channels),
                    buffers.Random(3),
                    gradients);
                OperationOutputs outputs = new OperationOutputs()
                    .Shared("M", map.Matrix)
                    .Shared("v", map.Offset)
                    .Shared("inverse M", map.InverseMatrix)
                    .Shared("inverse v", map.InverseOffset)
                    .Shared("logDet", map.LogDet);
                if (actNorm)
                {
                    outputs.Shared("dBias", gradients.Bias).Shared("dLogScale", gradients.LogScale);
                }

                if (convolution)
                {
                    outputs.Shared("dLower", gradients.Lower)
                        .Shared("dUpper", gradients.Upper)
                        .Shared("dLogDiagonal", gradients.LogDiagonal);
                }

                return outputs;
            },
            new ImageShape(3, 5, 7, channels));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Many_maps_are_assembled_together_to_the_bits_of_each_alone(bool inverse)
    {
        using var buffers = new OperationBuffers(Backend, seed: 3);
        (PixelAffineAssembly[] together, BufferView[] written) = ManyMaps(buffers);
        (PixelAffineAssembly[] alone, BufferView[] expected) = ManyMaps(buffers);
        BufferView dLogDet = buffers.Values(0.5, -2, 3);
        using IRecording forward = Backend.PixelAffine.AssembleAll(together, inverse);
        using IRecording backward = Backend.PixelAffine.AssembleAllBackward(together, dLogDet);
        for (int run = 0; run < 2; run++)
        {
            forward.Run();
            backward.Run();
            foreach (PixelAffineAssembly map in alone)
            {
                Backend.PixelAffine.Assemble(map.Parameters, map.Map, inverse);
                Backend.PixelAffine.AssembleBackward(
                    map.Parameters, map.PixelsPerImage, map.DMatrix, map.DOffset, dLogDet, map.Gradients);
            }

            for (int i = 0; i < written.Length; i++)
            {
                Agreement.AssertSameBits($"buffer {i}", buffers.Read(expected[i]), buffers.Read(written[i]));
            }
        }

        Assert.True(buffers.GuardsAreUntouched());
    }

    // Maps of 4, 6 and again 4 channels, their parts side by side; the same numbers at every call.
    private static (PixelAffineAssembly[] Maps, BufferView[] Written) ManyMaps(OperationBuffers buffers)
    {
        int[] channels = [4, 6, 4, 4];
        const int Room = 400;
        var random = new Random(7);
        BufferView weights = buffers.Values(Numbers(0.2));
        BufferView dMaps = buffers.Values(Numbers(1));
        BufferView constants = buffers.Filled(Room, 1);
        BufferView maps = buffers.Filled(Room, 0);
        BufferView gradients = buffers.Values(Numbers(1));
        var result = new PixelAffineAssembly[channels.Length];
        for (int i = 0; i < result.Length; i++)
        {
            int n = channels[i];
            long place = i * 90;
            result[i] = new PixelAffineAssembly(
                Parts(weights) with
                {
                    Sign = constants.Slice(place, n),
                    Permutation = constants.Slice(place + n, n),
                },
                new PixelAffineMap(n, maps.Slice(i * 100, PixelAffineMap.LengthFor(n))),
                10 + i,
                dMaps.Slice(place, n * n),
                dMaps.Slice(place + (n * n), n),
                Parts(gradients));
            buffers.Backend.Write(
                [.. Enumerable.Range(0, n).Select(c => (double)((c + i) % n))], result[i].Parameters.Permutation);

            PixelAffineParameters Parts(BufferView buffer) => new(
                n,
                buffer.Slice(place, n),
                buffer.Slice(place + n, n),
                buffer.Slice(place + (2 * n), n * n),
                buffer.Slice(place + (2 * n) + (n * n), n * n),
                buffer.Slice(place + (2 * n) + (2 * n * n), n),
                default,
                default);
        }

        return (result, [maps, gradients]);

        double[] Numbers(double scale) =>
            [.. Enumerable.Range(0, Room).Select(_ => scale * ((2 * random.NextDouble()) - 1))];
    }

    [Theory]
    [MemberData(nameof(AffineCases))]
    public void PixelAffineAssemble_is_the_dense_product(int channels, bool actNorm, bool convolution)
    {
        using var buffers = new OperationBuffers(Backend, seed: channels);
        PixelAffineParameters parameters = AffineParameters(buffers, channels, actNorm, convolution);
        PixelAffineMap map = AssembledMap(buffers, parameters);
        double[,] weight = new double[channels, channels];
        for (int r = 0; r < channels; r++)
        {
            weight[r, r] = 1;
        }

        if (convolution)
        {
            double[,] lower = new double[channels, channels];
            double[,] upper = new double[channels, channels];
            double[,] permutation = new double[channels, channels];
            double[] rows = buffers.Read(parameters.Permutation);
            double[] signs = buffers.Read(parameters.Sign);
            double[] logDiagonal = buffers.Read(parameters.LogDiagonal);
            for (int r = 0; r < channels; r++)
            {
                permutation[r, (int)rows[r]] = 1;
                lower[r, r] = 1;
                upper[r, r] = signs[r] * Math.Exp(logDiagonal[r]);
                for (int c = 0; c < r; c++)
                {
                    lower[r, c] = buffers.Read(parameters.Lower)[(r * channels) + c];
                    upper[c, r] = buffers.Read(parameters.Upper)[(c * channels) + r];
                }
            }

            weight = DenseMatrix.Product(permutation, DenseMatrix.Product(lower, upper));
        }

        double[] offset = new double[channels];
        for (int c = 0; c < channels && actNorm; c++)
        {
            double scale = Math.Exp(buffers.Read(parameters.LogScale)[c]);
            for (int r = 0; r < channels; r++)
            {
                weight[r, c] *= scale;
                offset[r] += weight[r, c] * buffers.Read(parameters.Bias)[c];
            }
        }

        double tolerance = 20 * BackendEpsilon;
        Agreement.AssertClose("M", [.. weight.Cast<double>()], buffers.Read(map.Matrix), tolerance);
        Agreement.AssertClose("v", offset, buffers.Read(map.Offset), tolerance);
        Agreement.AssertClose(
            "ln|det M|", [DenseMatrix.LogAbsDeterminant(weight)], buffers.Read(map.LogDet), 10 * tolerance);

        // M⁻¹ M = I, to the rounding of the stored inverse.
        double[,] inverse = new double[channels, channels];
        double[] stored = buffers.Read(map.InverseMatrix);
        Buffer.BlockCopy(stored, 0, inverse, 0, stored.Length * sizeof(double));
        double[,] identity = DenseMatrix.Product(inverse, weight);
        for (int r = 0; r < channels; r++)
        {
            double back = 0;
            for (int c = 0; c < channels; c++)
            {
                double error = Math.Abs(identity[r, c] - (r == c ? 1 : 0));
                Assert.True(error <= 200 * BackendEpsilon, $"(M⁻¹ M)[{r}, {c}] = {identity[r, c]}");
                back -= inverse[r, c] * offset[c];
            }

            double offsetError = Math.Abs(buffers.Read(map.InverseOffset)[r] - back);
            Assert.True(offsetError <= 200 * BackendEpsilon, $"-(M⁻¹ v)[{r}] = {back}");
        }

        Assert.True(buffers.GuardsAreUntouched());
    }
}
