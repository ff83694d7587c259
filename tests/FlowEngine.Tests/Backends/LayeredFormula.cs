using FlowEngine.Kernels;

namespace FlowEngine.Tests.Backends;

/// <summary>
/// A <see cref="LayeredNetworkShape"/> of one row, in double, as its remarks say it: by the names of its parameters, and with
/// no part of any backend.
/// </summary>
internal sealed class LayeredFormula(LayeredNetworkShape network)
{
    private Dictionary<string, double[]> _parameters = [];

    public double[] Output(double[] parameters, double[] x)
    {
        _parameters = Named(parameters);
        double[] condition = x[..network.Conditions];
        double[] data = x[network.Conditions..];
        UnitDegrees? degrees = network.Degrees;
        string first = network.IsResidual ? "initial" : "layers.0";
        double[] z = network.AddsCondition
            ? Sum(Map(first, data, degrees?.Inputs, Hidden(0)), Activated(Map("condition", condition, null, null)))
            : Map(first, x, degrees is null ? null : [.. condition.Select(_ => int.MinValue), .. degrees.Inputs], Hidden(0));
        if (!network.IsResidual)
        {
            int last = network.Hidden.Count;
            for (int l = 1; l < last; l++)
            {
                z = Map($"layers.{l}", Activated(z), Hidden(l - 1), Hidden(l));
            }

            return Map($"layers.{last}", Activated(z), Hidden(last - 1), degrees?.Outputs);
        }

        for (int block = 0; block < network.Hidden.Count; block++)
        {
            double[] inner = Map($"blocks.{block}.layers.0", Activated(z), Hidden(0), Hidden(0));
            if (network.AddsToBlocks)
            {
                inner = Sum(inner, Map($"blocks.{block}.condition", condition, null, null));
            }

            double[] q = Map($"blocks.{block}.layers.1", Activated(inner), Hidden(0), Hidden(0));
            if (network.HasGates)
            {
                double[] gate = Map($"blocks.{block}.gate", condition, null, null);
                q = [.. q.Zip(gate, (value, g) => value / (1 + Math.Exp(-g)))];
            }

            z = Sum(z, q);
        }

        return Map("last", z, Hidden(0), degrees?.Outputs);
    }

    private IReadOnlyList<int>? Hidden(int layer) => network.Degrees?.Hidden[network.IsResidual ? 0 : layer];

    private double[] Activated(double[] z) => [.. z.Select(Activated)];

    private double Activated(double z) => network.Activation switch
    {
        Activation.Relu => Math.Max(z, 0),
        Activation.Tanh => (Math.Exp(2 * z) - 1) / (Math.Exp(2 * z) + 1),
        Activation.Elu => z < 0 ? Math.Exp(z) - 1 : z,
        Activation.Silu => z / (1 + Math.Exp(-z)),
        Activation.Gelu => z * (0.5 + Integral(u => Math.Exp(-u * u / 2) / Math.Sqrt(2 * Math.PI), z)),
        Activation.GeluTanh => z / 2 * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (z + (0.044715 * z * z * z)))),
        Activation.LeakyRelu => z < 0 ? network.Leak * z : z,
        _ => throw new ArgumentOutOfRangeException(nameof(z), network.Activation, "unknown activation"),
    };

    private double[] Map(string name, double[] x, IReadOnlyList<int>? inputs, IReadOnlyList<int>? units)
    {
        double[] weight = _parameters[$"{name}.weight"];
        double[] y = [.. _parameters[$"{name}.bias"]];
        for (int i = 0; i < weight.Length; i++)
        {
            (int unit, int input) = int.DivRem(i, x.Length);
            y[unit] += inputs is null || inputs[input] <= units![unit] ? weight[i] * x[input] : 0;
        }

        return y;
    }

    private Dictionary<string, double[]> Named(double[] parameters)
    {
        Dictionary<string, double[]> named = [];
        int at = 0;
        foreach (NetworkParameter parameter in network.Parameters)
        {
            named[parameter.Name] = parameters[at..(at + parameter.Length)];
            at += (int)FlowEngine.Kernels.NetworkShape.Aligned(parameter.Length);
        }

        return named;
    }

    private static double[] Sum(double[] a, double[] b) => [.. a.Zip(b, (left, right) => left + right)];

    // From 0 on, by Simpson's rule.
    private static double Integral(Func<double, double> function, double to)
    {
        const int Parts = 200;

        double step = to / Parts;
        double sum = function(0) + function(to);
        for (int i = 1; i < Parts; i++)
        {
            sum += (i % 2 == 0 ? 2 : 4) * function(i * step);
        }

        return sum * step / 3;
    }
}
