using FlowEngine.Kernels;
using Xunit;

namespace FlowEngine.Tests.Gradients;

/// <summary>Every map of the conformance cases: its gradient, its LogDet and its inverse in float64.</summary>
public sealed class ElementwiseGradientTests
{
    private static readonly ImageShape _shape = new(2, 3, 2, 3);

    public static TheoryData<string> Maps => [.. BackendOperations.ElementwiseMaps.Select(row => row.Name)];

    [Theory]
    [MemberData(nameof(Maps))]
    public void Backward_matches_finite_differences(string name)
    {
        (_, ElementwiseMap map, double scale) = Row(name);
        double error = GradientChecker.WorstError(
            [GradientChecker.RandomArray(new Random(1), (int)_shape.Length, scale)],
            values =>
            {
                using var arrays = new DoubleArrays();
                return arrays.Read(Forward(arrays, map, values[0]));
            },
            (values, g) =>
            {
                using var arrays = new DoubleArrays();
                BufferView y = Forward(arrays, map, values[0])[0];
                BufferView dx = arrays.Zeros(_shape.Length);
                arrays.Backend.ElementwiseBackward(map, _shape, y, arrays.Of(g[0]), arrays.Of(g[1]), dx);
                return arrays.Read(dx);
            });
        Assert.True(error <= 1, $"error {error}");
    }

    [Theory]
    [MemberData(nameof(Maps))]
    public void Log_slope_is_that_of_a_finite_difference_and_the_inverse_leads_back(string name)
    {
        (_, ElementwiseMap map, double scale) = Row(name);
        foreach (double x in GradientChecker.RandomArray(new Random(2), 50, scale))
        {
            double y = map.Forward(x, out double logSlope);
            double step = 1e-5 * scale;
            double slope = (map.Forward(x + step, out _) - map.Forward(x - step, out _)) / (2 * step);
            Assert.True(Math.Abs(logSlope - Math.Log(Math.Abs(slope))) <= 1e-7, $"at {x}: {logSlope}");
            Assert.True(Math.Abs(map.Inverse(y) - x) <= 1e-12, $"at {x}: {map.Inverse(y)}");
        }
    }

    private static (string Name, ElementwiseMap Map, double Scale) Row(string name) =>
        BackendOperations.ElementwiseMaps.Single(row => row.Name == name);

    private static BufferView[] Forward(DoubleArrays arrays, ElementwiseMap map, double[] x)
    {
        BufferView y = arrays.Zeros(_shape.Length);
        BufferView logDet = arrays.Zeros(_shape.Batch);
        arrays.Backend.ElementwiseForward(map, _shape, arrays.Of(x), y, logDet);
        return [y, logDet];
    }
}
