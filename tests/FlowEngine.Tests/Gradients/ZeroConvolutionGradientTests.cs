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
                    NetworkWeights weights = new(arrays.Parameters(convolution, values.AsSpan(1)));
                    arrays.Backend.GetNetwork(convolution).Forward(
                        shape, weights, arrays.Of(values[0]), output, default, arrays.Zeros(0));
                    return arrays.Read(output);
                },
                (values, g) =>
                {
                    using var arrays = new DoubleArrays();
                    NetworkWeights weights = new(
                        arrays.Parameters(convolution, values.AsSpan(1)),
                        Gradients: arrays.Zeros(convolution.ParametersLength));
                    BufferView dx = arrays.Zeros(shape.Length);
                    arrays.Backend.GetNetwork(convolution).Backward(
                        shape, weights, arrays.Of(values[0]), default, arrays.Of(g[0]), dx, arrays.Zeros(0));
                    var gradients = ZeroConvolutionParameters.Of(convolution, weights.Gradients);
                    return arrays.Read(dx, gradients.Weight, gradients.Bias, gradients.LogScale);
                });
            Assert.True(error <= 1, $"error {error}");
        }
    }
}
