using FlowEngine.Kernels;
using Xunit;

namespace FlowEngine.Tests.Backends;

public abstract partial class BackendTests
{
    [Theory]
    [MemberData(nameof(Shapes))]
    public void ZeroConvolution_agrees_with_the_reference(int batch, int height, int width, int channels)
    {
        var shape = new ImageShape(batch, height, width, channels);
        AssertAgrees((buffers, s) => RunZeroConvolution(buffers, s, 2 * channels, false), shape);
        AssertAgrees((buffers, s) => RunZeroConvolution(buffers, s, channels + 1, true), shape);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ZeroConvolution_agrees_at_every_pixel_count(bool outsideReadsOne)
    {
        for (int pixels = 1; pixels <= 70; pixels++)
        {
            AssertAgrees(
                (buffers, s) => RunZeroConvolution(buffers, s, 4, outsideReadsOne),
                pixels % 2 == 0 ? new ImageShape(1, 2, pixels / 2, 3) : new ImageShape(1, pixels, 1, 3));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ZeroConvolution_does_not_depend_on_the_batch(bool outsideReadsOne)
    {
        foreach ((int height, int width, int channels) in new[] { (1, 1, 1), (3, 5, 6), (7, 19, 4), (2, 2, 24) })
        {
            AssertIndependentOfTheBatch(
                (buffers, s) => RunZeroConvolution(buffers, s, 2 * channels, outsideReadsOne),
                new ImageShape(4, height, width, channels));
        }
    }

    [Fact]
    public void ZeroConvolution_of_zeros_differs_at_the_border_that_reads_one()
    {
        var convolution = new ZeroConvolutionShape(1, 1, OutsideReadsOne: true);
        var shape = new ImageShape(1, 3, 3, 1);
        using var buffers = new OperationBuffers(Backend, seed: 1);
        NetworkWeights weights = new(buffers.Filled(convolution.ParametersLength, 0));
        var parameters = ZeroConvolutionParameters.Of(convolution, weights.Parameters);
        Backend.Write((ReadOnlySpan<double>)[1, 2, 4, 8, 16, 32, 64, 128, 256], parameters.Weight);
        Backend.Fill(parameters.Bias, 0.5);
        BufferView output =
            NetworkOutput(buffers, convolution, shape, weights, buffers.Filled(9, 0), keep: false).Output;

        // Taps are row by row: above are 1, 2, 4; left 1, 8, 64; right 4, 32, 256; below 64, 128, 256.
        double[] expected = [7 + 72, 7, 7 + 288, 73, 0, 292, 448 + 9, 448, 448 + 36];
        Agreement.AssertClose("output", [.. expected.Select(value => value + 0.5)], buffers.Read(output), 1e-6);
    }
}
