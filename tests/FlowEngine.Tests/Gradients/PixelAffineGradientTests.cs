using FlowEngine.Kernels;
using Xunit;

namespace FlowEngine.Tests.Gradients;

public sealed class PixelAffineGradientTests
{
    [Theory]
    [InlineData(true, true, 1)]
    [InlineData(true, true, 2)]
    [InlineData(true, true, 5)]
    [InlineData(true, false, 4)]
    [InlineData(false, true, 4)]
    public void PixelAffine_backward_matches_finite_differences(bool actNorm, bool convolution, int channels)
    {
        var shape = new ImageShape(3, 2, 3, channels);
        var random = new Random(channels);
        int square = channels * channels;
        double[][] inputs =
        [
            GradientChecker.RandomArray(random, (int)shape.Length),
            GradientChecker.RandomArray(random, actNorm ? channels : 0, 0.5),
            GradientChecker.RandomArray(random, actNorm ? channels : 0, 0.3),
            GradientChecker.RandomArray(random, convolution ? square : 0, 0.4),
            GradientChecker.RandomArray(random, convolution ? square : 0, 0.4),
            GradientChecker.RandomArray(random, convolution ? channels : 0, 0.3),
        ];
        double error = GradientChecker.WorstError(
            inputs,
            values =>
            {
                using var arrays = new DoubleArrays();
                PixelAffineMap map = Assemble(arrays, Parameters(arrays, values, channels));
                BufferView y = arrays.Zeros(shape.Length);
                BufferView logDet = arrays.Zeros(shape.Batch);
                arrays.Backend.PixelAffine.Forward(shape, map, arrays.Of(values[0]), y, logDet);
                return arrays.Read(y, logDet);
            },
            (values, g) =>
            {
                using var arrays = new DoubleArrays();
                PixelAffineParameters parameters = Parameters(arrays, values, channels);
                PixelAffineMap map = Assemble(arrays, parameters);
                BufferView dx = arrays.Zeros(shape.Length);
                BufferView dMatrix = arrays.Zeros(square);
                BufferView dOffset = arrays.Zeros(channels);
                arrays.Backend.PixelAffine.Backward(
                    shape, map, arrays.Of(values[0]), arrays.Of(g[0]), dx, dMatrix, dOffset, arrays.Zeros(0));
                double[][] zeros = [.. values.Select(value => new double[value.Length])];
                PixelAffineParameters gradients = Parameters(arrays, zeros, channels);
                arrays.Backend.PixelAffine.AssembleBackward(
                    parameters, shape.PixelsPerImage, dMatrix, dOffset, arrays.Of(g[1]), gradients);
                BufferView[] views =
                    [gradients.Bias, gradients.LogScale, gradients.Lower, gradients.Upper, gradients.LogDiagonal];
                return [
                    .. arrays.Read(dx),
                    .. views.Select(view => view.IsEmpty ? [] : arrays.Read(view)[0]),
                ];
            });
        Assert.True(error <= 1, $"error {error}");
    }

    // Of an absent part the array is empty, and so is the view.
    private static PixelAffineParameters Parameters(DoubleArrays arrays, double[][] values, int channels)
    {
        bool convolution = values[5].Length > 0;
        double[] signs = [.. Enumerable.Range(0, channels).Select(c => c % 2 == 0 ? 1.0 : -1.0)];

        // A cycle: not its own inverse, so that a transposed permutation is found.
        double[] rows = [.. Enumerable.Range(0, channels).Select(c => (double)((c + 1) % channels))];
        return new PixelAffineParameters(
            channels,
            View(arrays, values[1]),
            View(arrays, values[2]),
            View(arrays, values[3]),
            View(arrays, values[4]),
            View(arrays, values[5]),
            convolution ? arrays.Of(signs) : default,
            convolution ? arrays.Of(rows) : default);
    }

    private static BufferView View(DoubleArrays arrays, double[] values) =>
        values.Length == 0 ? default : arrays.Of(values);

    private static PixelAffineMap Assemble(DoubleArrays arrays, in PixelAffineParameters parameters)
    {
        var map = new PixelAffineMap(
            parameters.Channels, arrays.Zeros(PixelAffineMap.LengthFor(parameters.Channels)));
        arrays.Backend.PixelAffine.Assemble(parameters, map, inverse: true);
        return map;
    }
}
