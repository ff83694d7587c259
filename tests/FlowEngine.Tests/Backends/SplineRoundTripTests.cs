using FlowEngine.Kernels;
using FlowEngine.Kernels.Cpu;
using Xunit;

namespace FlowEngine.Tests.Backends;

/// <summary>Splines in float32 where they are hard: at knots, at the bounds, with narrow bins and with steep and flat pieces.</summary>
public sealed class SplineRoundTripTests
{
    private const int Columns = 100;

    public static TheoryData<int, double, SplineParametrization, double> Splines => new()
    {
        { 8, 5, SplineParametrization.Zuko, 0.5 },
        { 10, 3, SplineParametrization.Nflows, 0.5 },
        { 8, 5, SplineParametrization.Zuko, 3 },
        { 10, 3, SplineParametrization.Nflows, 3 },
        { 16, 5, SplineParametrization.Zuko, 1000 },
        { 16, 3, SplineParametrization.Nflows, 20 },
        { 11, 5, SplineParametrization.Flowjax, 0.5 },
    };

    [Theory]
    [MemberData(nameof(Splines))]
    public void A_quarter_of_a_million_values_come_back(
        int bins, double bound, SplineParametrization parametrization, double deviation)
    {
        RationalQuadraticSpline spline = new(bins, bound, parametrization);
        using CpuBackend backend = new(2);
        using OperationBuffers buffers = new(backend, seed: 3, images: [.. Enumerable.Range(0, 2_500)]);
        var shape = new ImageShape(2_500, 1, 1, Columns);
        BufferView output = buffers.PerImage(Columns * spline.ParametersLength, deviation);
        double[] values = buffers.Read(buffers.PerImage(Columns, 0.65 * bound));
        Harden(values, buffers.Read(output), spline);
        BufferView x = buffers.Values(values);
        BufferView y = buffers.Output(shape.Length);
        BufferView back = buffers.Output(shape.Length);
        ImageShape rows = new((int)shape.Length, 1, 1, 1);
        BufferView again = buffers.Output(shape.Length);
        BufferView logSlopes = buffers.Filled(shape.Length, 0);
        BufferView logSlopesBack = buffers.Filled(shape.Length, 0);
        backend.Splines.Forward(spline, rows, 0, x, output, y, logSlopes);
        backend.Splines.Inverse(spline, rows, 0, y, output, back);
        backend.Splines.Forward(spline, rows, 0, back, output, again, logSlopesBack);
        double[] there = buffers.Read(y);
        double[] found = buffers.Read(back);
        double[] thereAgain = buffers.Read(again);
        double[] logSlope = [.. buffers.Read(logSlopes).Zip(buffers.Read(logSlopesBack), Math.Min)];
        double[] steepness = [.. buffers.Read(logSlopes).Zip(buffers.Read(logSlopesBack), Math.Max)];
        for (int i = 0; i < values.Length; i++)
        {
            // y has the digits of a float32: where the map is flat they tell less of x, and nothing where it is as flat as
            // extreme numbers make it; where it is steep x tells less of y.
            double flat = Math.Max(1, Math.Exp(-logSlope[i]));
            double steep = Math.Max(1, Math.Exp(steepness[i]));
            Assert.True(
                (deviation > 3 || Math.Abs(found[i] - values[i]) <= (deviation <= 1 ? 1e-5 : 3e-6 * flat))
                && Math.Abs(thereAgain[i] - there[i]) <= 3e-6 * steep,
                $"{values[i]:R} goes to {there[i]:R}, back to {found[i]:R} and to {thereAgain[i]:R}; slopes {flat}, {steep}");
        }
    }

    // One value of four lies on a knot, the bounds among them, and one of four beside one.
    private static void Harden(double[] values, double[] raw, RationalQuadraticSpline spline)
    {
        for (int i = 0; i < values.Length; i += 2)
        {
            int at = i * spline.ParametersLength;
            double[] bent =
            [
                .. raw.AsSpan(at, spline.Sizes).ToArray().Select(r => r / (1 + (Math.Abs(r) * spline.SizeBend))),
            ];
            double largest = bent.Max();
            double total = bent.Sum(r => Math.Exp(r - largest));
            double free = 1 - (spline.Sizes * spline.LeastSize);
            double[] sizes = [.. bent.Select(r => spline.LeastSize + (free * Math.Exp(r - largest) / total))];
            sizes = spline.HasFreeEnds ? [sizes[0] / 2, .. sizes[1..], sizes[0] / 2] : sizes;
            double part = sizes.Take((i / 2) % (spline.Bins + 1)).Sum();
            float knot = (float)(spline.Bound * ((2 * part) - 1));
            values[i] = i % 4 == 0 ? knot : (i % 8 == 2 ? float.BitIncrement(knot) : float.BitDecrement(knot));
        }
    }
}
