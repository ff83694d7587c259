using System.Text.Json;
using FlowEngine.Kernels;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Kernels.Reference;
using Xunit;

namespace FlowEngine.Tests.Golden;

/// <summary>Splines as zuko and nflows compute them; splines.py says where the values come from.</summary>
public sealed class SplineGoldenTests
{
    private static readonly JsonElement[] _cases = [.. JsonDocument
        .Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", "splines.json")))
        .RootElement.EnumerateArray()];

    public static TheoryData<string> Cases => [.. _cases.Select(golden => golden.GetProperty("of").GetString()!)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Splines_are_those_of_the_library(string of)
    {
        JsonElement golden = _cases.Single(one => one.GetProperty("of").GetString() == of);
        using ReferenceBackend<double> reference = new();
        Check(reference, golden, 1e-11);
        using CpuBackend cpu = new(1);
        Check(cpu, golden, 3e-5);
    }

    private static void Check(IBackend backend, JsonElement golden, double tolerance)
    {
        RationalQuadraticSpline spline = new(
            golden.GetProperty("bins").GetInt32(),
            golden.GetProperty("bound").GetDouble(),
            golden.GetProperty("parametrization").GetString() == "zuko"
                ? SplineParametrization.Zuko
                : SplineParametrization.Nflows);
        double[] x = Values(golden.GetProperty("x"));
        double[] raw = [.. golden.GetProperty("raw").EnumerateArray().SelectMany(Values)];
        var shape = new ImageShape(x.Length, 1, 1, 1);
        using OperationBuffers buffers = new(backend, seed: 1);
        BufferView y = buffers.Output(x.Length);
        BufferView back = buffers.Output(x.Length);
        BufferView logDet = buffers.Filled(x.Length, 0);
        BufferView output = buffers.Values(raw);
        backend.Splines.Forward(spline, shape, 0, buffers.Values(x), output, y, logDet);
        backend.Splines.Inverse(spline, shape, 0, y, output, back);
        double[] logSlope = buffers.Read(logDet);
        AssertClose("y", Values(golden.GetProperty("y")), buffers.Read(y), logSlope, tolerance);
        AssertClose("log slope", Values(golden.GetProperty("log_slope")), logSlope, logSlope, tolerance);
        AssertClose("x", x, buffers.Read(back), logSlope, tolerance);
    }

    // A steep piece widens what is rounded on the way in, a flat one what is rounded on the way out.
    private static void AssertClose(
        string name, double[] expected, double[] actual, double[] logSlope, double tolerance)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            double allowed = tolerance * Math.Exp(Math.Abs(logSlope[i]));
            Assert.True(
                Math.Abs(expected[i] - actual[i]) <= allowed, $"{name} {i}: {actual[i]}, not {expected[i]}");
        }
    }

    private static double[] Values(JsonElement array) => [.. array.EnumerateArray().Select(value => value.GetDouble())];
}
