using FlowEngine.Kernels;
using Xunit;

namespace FlowEngine.Tests.Gradients;

public sealed class CouplingGradientTests
{
    [Theory]
    [InlineData(CouplingKind.Affine, 1, 1, 2)]
    [InlineData(CouplingKind.Affine, 2, 3, 6)]
    [InlineData(CouplingKind.Additive, 1, 1, 2)]
    [InlineData(CouplingKind.Additive, 2, 3, 6)]
    public void Coupling_backward_matches_finite_differences(CouplingKind kind, int height, int width, int channels)
    {
        var shape = new ImageShape(2, height, width, channels);
        int outputLength = shape.Pixels * (kind == CouplingKind.Affine ? channels : channels / 2);
        var random = new Random(1);
        double[][] inputs =
        [
            GradientChecker.RandomArray(random, (int)shape.Length),
            GradientChecker.RandomArray(random, outputLength),
        ];
        double error = GradientChecker.WorstError(
            inputs,
            values =>
            {
                using var arrays = new DoubleArrays();
                return arrays.Read(Forward(arrays, kind, shape, values));
            },
            (values, g) =>
            {
                using var arrays = new DoubleArrays();
                BufferView y = Forward(arrays, kind, shape, values)[0];
                BufferView dx = arrays.Zeros(shape.Length);
                BufferView dOutput = arrays.Zeros(outputLength);
                arrays.Backend.CouplingBackward(
                    kind, shape, y, arrays.Of(values[1]), arrays.Of(g[0]), arrays.Of(g[1]), dx, dOutput);
                return arrays.Read(dx, dOutput);
            });
        Assert.True(error <= 1, $"error {error}");
    }

    private static BufferView[] Forward(DoubleArrays arrays, CouplingKind kind, ImageShape shape, double[][] values)
    {
        BufferView y = arrays.Zeros(shape.Length);
        BufferView logDet = arrays.Zeros(shape.Batch);
        arrays.Backend.CouplingForward(kind, shape, arrays.Of(values[0]), arrays.Of(values[1]), y, logDet);
        return [y, logDet];
    }
}
