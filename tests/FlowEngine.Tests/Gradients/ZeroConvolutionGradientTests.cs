using FlowEngine.Kernels;
using Xunit;

namespace FlowEngine.Tests.Gradients;

public sealed class ZeroConvolutionGradientTests
{
    [Theory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(2, 2, 2, 3)]
    [InlineData(3, 4, 2, 1)]
    public void ZeroConvolution_backward_matches_finite_differences(int height, int width, int channels, int outputs)
    {
        var shape = new ImageShape(2, height, width, channels);
        foreach (bool outsideReadsOne in new[] { false, true })
        {
            var convolution = new ZeroConvolutionShape(channels, outputs, outsideReadsOne);
            var random = new Random(1);
            double[][] inputs =
            [
                GradientChecker.RandomArray(random, (int)shape.Length),
                GradientChecker.RandomArray(random, outputs * 9 * channels, 0.3),
                GradientChecker.RandomArray(random, outputs),
                GradientChecker.RandomArray(random, outputs, 0.1),
            ];
            double error = GradientChecker.WorstError(
                inputs,
                values =>
                {
                    using var arrays = new DoubleArrays();
                    BufferView output = arrays.Zeros(shape.Pixels * outputs);
                    arrays.Backend.ZeroConvolutionForward(
                        convolution, shape, Parameters(arrays, values), arrays.Of(values[0]), output, arrays.Zeros(0));
                    return arrays.Read(output);
                },
                (values, g) =>
                {
                    using var arrays = new DoubleArrays();
                    double[][] zeros = [.. values.Select(value => new double[value.Length])];
                    ZeroConvolutionParameters gradients = Parameters(arrays, zeros);
                    BufferView dx = arrays.Zeros(shape.Length);
                    arrays.Backend.ZeroConvolutionBackward(
                        convolution,
                        shape,
                        Parameters(arrays, values),
                        arrays.Of(values[0]),
                        arrays.Of(g[0]),
                        dx,
                        gradients,
                        arrays.Zeros(0));
                    return arrays.Read(dx, gradients.Weight, gradients.Bias, gradients.LogScale);
                });
            Assert.True(error <= 1, $"error {error}");
        }
    }

    private static ZeroConvolutionParameters Parameters(DoubleArrays arrays, double[][] values) =>
        new(arrays.Of(values[1]), arrays.Of(values[2]), arrays.Of(values[3]));
}
