using FlowEngine.Kernels;
using FlowEngine.Tests.Backends;
using Xunit;

namespace FlowEngine.Tests.Gradients;

/// <summary>LogDet is the log-abs-determinant of the whole Jacobian, built column by column.</summary>
public sealed class DeterminantTests
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(2, 3, 4)]
    [InlineData(4, 4, 4)]
    [InlineData(1, 5, 12)]
    public void PixelAffine_log_det_is_that_of_its_jacobian(int height, int width, int channels)
    {
        var shape = new ImageShape(1, height, width, channels);
        var random = new Random(1);
        using var arrays = new DoubleArrays();
        double[] signs = [.. Enumerable.Range(0, channels).Select(c => c % 2 == 0 ? 1.0 : -1.0)];
        double[] rows = [.. Enumerable.Range(0, channels).Select(c => (double)((c + 1) % channels))];
        var parameters = new PixelAffineParameters(
            channels,
            arrays.Of(GradientChecker.RandomArray(random, channels)),
            arrays.Of(GradientChecker.RandomArray(random, channels, 0.3)),
            arrays.Of(GradientChecker.RandomArray(random, channels * channels, 0.3)),
            arrays.Of(GradientChecker.RandomArray(random, channels * channels, 0.3)),
            arrays.Of(GradientChecker.RandomArray(random, channels, 0.3)),
            arrays.Of(signs),
            arrays.Of(rows));
        var map = new PixelAffineMap(channels, arrays.Zeros(PixelAffineMap.LengthFor(channels)));
        arrays.Backend.PixelAffine.Assemble(parameters, map, inverse: false);
        AssertLogDetIsThatOfTheJacobian(
            GradientChecker.RandomArray(random, shape.Dims),
            x =>
            {
                BufferView y = arrays.Zeros(shape.Length);
                BufferView logDet = arrays.Zeros(1);
                arrays.Backend.PixelAffine.Forward(shape, map, arrays.Of(x), y, logDet);
                return arrays.Read(y, logDet);
            });
    }

    [Theory]
    [InlineData(CouplingKind.Affine, 1, 1, 2)]
    [InlineData(CouplingKind.Affine, 3, 5, 4)]
    [InlineData(CouplingKind.Affine, 2, 2, 12)]
    [InlineData(CouplingKind.Additive, 3, 5, 4)]
    public void Coupling_log_det_is_that_of_its_jacobian(CouplingKind kind, int height, int width, int channels)
    {
        var step = new StepOfDoubles(kind, new ImageShape(1, height, width, channels), 6, true, true);
        double[][] values = step.RandomInputs(1);
        AssertLogDetIsThatOfTheJacobian(
            values[0],
            x =>
            {
                using var arrays = new DoubleArrays();
                return arrays.Read(step.Couple(arrays, [x, .. values[1..]]));
            });
    }

    // Central differences of two steps, extrapolated: the error is of the fourth order, below 1e-11 an element.
    private static void AssertLogDetIsThatOfTheJacobian(double[] x, Func<double[], double[][]> forward)
    {
        int dims = x.Length;
        Assert.InRange(dims, 1, 64);
        double[,] jacobian = new double[dims, dims];
        for (int c = 0; c < dims; c++)
        {
            double[] coarse = Column(x, forward, c, 4e-4);
            double[] fine = Column(x, forward, c, 2e-4);
            for (int r = 0; r < dims; r++)
            {
                jacobian[r, c] = ((4 * fine[r]) - coarse[r]) / 3;
            }
        }

        double expected = DenseMatrix.LogAbsDeterminant(jacobian);
        double actual = forward(x)[1][0];
        Assert.True(Math.Abs(actual - expected) <= 1e-8 * Math.Max(1, Math.Abs(expected)), $"{actual}, not {expected}");
    }

    private static double[] Column(double[] x, Func<double[], double[][]> forward, int column, double step)
    {
        double[] above = [.. x];
        double[] below = [.. x];
        above[column] += step;
        below[column] -= step;
        return [.. forward(above)[0].Zip(forward(below)[0], (a, b) => (a - b) / (2 * step))];
    }
}
