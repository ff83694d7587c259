using FlowEngine.Kernels;
using Xunit;

namespace FlowEngine.Tests.Gradients;

/// <summary>Splines in float64: gradients by x and by the raw numbers, LogDet and the inverse.</summary>
public sealed class SplineGradientTests
{
    private static readonly ImageShape _shape = new(4, 1, 1, 5);

    public static TheoryData<int, double, SplineParametrization, int> Splines => new()
    {
        { 8, 3, SplineParametrization.Zuko, 2 },
        { 2, 0.7, SplineParametrization.Zuko, 0 },
        { 5, 2, SplineParametrization.Nflows, 0 },
        { 10, 5, SplineParametrization.Nflows, 3 },
        { 6, 4, SplineParametrization.Flowjax, 1 },
        { 2, 1, SplineParametrization.Flowjax, 0 },
    };

    [Theory]
    [MemberData(nameof(Splines))]
    public void Backward_matches_finite_differences(
        int bins, double bound, SplineParametrization parametrization, int passing)
    {
        RationalQuadraticSpline spline = new(bins, bound, parametrization);
        var random = new Random(1);
        double error = GradientChecker.WorstError(
            [
                GradientChecker.RandomArray(random, (int)_shape.Length, 0.8 * bound),
                GradientChecker.RandomArray(random, (int)spline.OutputLength(_shape, passing), 1.5),
            ],
            values =>
            {
                using var arrays = new DoubleArrays();
                return arrays.Read(Forward(arrays, spline, passing, values[0], values[1]));
            },
            (values, g) =>
            {
                using var arrays = new DoubleArrays();
                BufferView dx = arrays.Zeros(_shape.Length);
                BufferView dOutput = arrays.Zeros(values[1].Length);
                arrays.Backend.Splines.Backward(
                    spline,
                    _shape,
                    passing,
                    arrays.Of(values[0]),
                    arrays.Of(values[1]),
                    arrays.Of(g[0]),
                    arrays.Of(g[1]),
                    dx,
                    dOutput);
                return arrays.Read(dx, dOutput);
            });
        Assert.True(error <= 1, $"error {error}");
    }

    [Theory]
    [MemberData(nameof(Splines))]
    public void LogDet_is_that_of_finite_differences_and_the_inverse_leads_back(
        int bins, double bound, SplineParametrization parametrization, int passing)
    {
        RationalQuadraticSpline spline = new(bins, bound, parametrization);
        var random = new Random(2);
        double[] x = GradientChecker.RandomArray(random, (int)_shape.Length, 0.8 * bound);
        double[] raw = GradientChecker.RandomArray(random, (int)spline.OutputLength(_shape, passing), 1.5);
        using var arrays = new DoubleArrays();
        BufferView[] result = Forward(arrays, spline, passing, x, raw);
        BufferView back = arrays.Zeros(x.Length);
        arrays.Backend.Splines.Inverse(spline, _shape, passing, result[0], arrays.Of(raw), back);
        Assert.All(x.Zip(arrays.Read(back)[0]), pair => Assert.True(Math.Abs(pair.First - pair.Second) <= 1e-11 * bound));

        // A value has a spline of its own: the Jacobian is diagonal.
        double step = 1e-6 * bound;
        double[] above = arrays.Read(Forward(arrays, spline, passing, [.. x.Select(v => v + step)], raw))[0];
        double[] below = arrays.Read(Forward(arrays, spline, passing, [.. x.Select(v => v - step)], raw))[0];
        double[] logDet = arrays.Read(result[1])[0];
        for (int b = 0; b < _shape.Batch; b++)
        {
            double sum = Enumerable.Range(b * _shape.Dims, _shape.Dims)
                .Sum(i => Math.Log((above[i] - below[i]) / (2 * step)));
            Assert.True(Math.Abs(logDet[b] - sum) <= 1e-7, $"{logDet[b]}, not {sum}");
        }
    }

    private static BufferView[] Forward(
        DoubleArrays arrays, RationalQuadraticSpline spline, int passing, double[] x, double[] raw)
    {
        BufferView y = arrays.Zeros(_shape.Length);
        BufferView logDet = arrays.Zeros(_shape.Batch);
        arrays.Backend.Splines.Forward(spline, _shape, passing, arrays.Of(x), arrays.Of(raw), y, logDet);
        return [y, logDet];
    }
}
