using FlowEngine.Kernels;
using Xunit;

namespace FlowEngine.Tests.Backends;

public abstract partial class BackendTests
{
    public static TheoryData<OptimizerKind, double, double, double> OptimizerCases
    {
        get
        {
            var cases = new TheoryData<OptimizerKind, double, double, double>();
            foreach (OptimizerKind kind in Enum.GetValues<OptimizerKind>())
            {
                cases.Add(kind, 0, 0, 0);
                cases.Add(kind, 0.1, 0, 0.999);
                cases.Add(kind, 0, 0.5, 0.3);
                cases.Add(kind, 0.05, 1000, 0);
            }

            return cases;
        }
    }

    [Fact]
    public void SumOfSquares_agrees_with_the_reference_at_every_length()
    {
        foreach (int length in Enumerable.Range(0, 71).Concat([127, 128, 129, 1023, 1024, 1025, 100_003]))
        {
            AssertAgrees(
                (buffers, _) =>
                {
                    BufferView result = buffers.Output(1);
                    buffers.Backend.SumOfSquares(buffers.Random(length), result);
                    return new OperationOutputs().Shared("sum", result);
                },
                new ImageShape(1, 1, 1, 1));
        }
    }

    [Fact]
    public void SumOfSquares_accumulates_in_double()
    {
        // In float32 the small terms would be lost beside the first.
        using var buffers = new OperationBuffers(Backend, seed: 1);
        double[] values = new double[1 << 20];
        Array.Fill(values, 1.0 / 1024);
        values[0] = 4;
        BufferView result = buffers.Output(1);
        Backend.SumOfSquares(buffers.Values(values), result);
        double expected = 17 - Math.Pow(2, -20);
        double actual = buffers.Read(result)[0];
        Assert.True(Math.Abs(actual - expected) <= 1e-6, $"{actual}, expected {expected}");
    }

    [Theory]
    [MemberData(nameof(OptimizerCases))]
    public void OptimizerStep_follows_its_formula(OptimizerKind kind, double decay, double clip, double emaDecay)
    {
        foreach (int length in new[] { 1, 2, 7, 8, 15, 16, 17, 33, 70, 129, 1025 })
        {
            using var buffers = new OperationBuffers(Backend, seed: length);
            BufferView parameters = buffers.Random(length);
            BufferView moment1 = buffers.Filled(length, 0);
            BufferView moment2 = buffers.Filled(length, 0);
            BufferView average = emaDecay > 0 ? buffers.CopyOf(parameters) : default;
            BufferView sumOfSquares = buffers.Output(1);
            double[] p = buffers.Read(parameters);
            double[] m = new double[length];
            double[] v = new double[length];
            double[] ema = buffers.Read(parameters);
            for (int step = 1; step <= 5; step++)
            {
                var settings = new OptimizerSettings(kind, 0.01 * step, 0.9, 0.99, 1e-8, decay, clip, emaDecay, step);
                BufferView gradients = buffers.Random(length, 0.5, 0.1);
                Backend.SumOfSquares(gradients, sumOfSquares);
                Backend.OptimizerStep(settings, sumOfSquares, parameters, gradients, moment1, moment2, average);
                ExpectedStep(settings, p, buffers.Read(gradients), m, v, ema);
            }

            Agreement.AssertClose("p", p, buffers.Read(parameters), Tolerance);
            Agreement.AssertClose("m", m, buffers.Read(moment1), Tolerance);
            Agreement.AssertClose("v", v, buffers.Read(moment2), Tolerance);
            if (emaDecay > 0)
            {
                Agreement.AssertClose("average", ema, buffers.Read(average), Tolerance);
            }

            Assert.True(buffers.GuardsAreUntouched());
        }
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void OptimizerStep_changes_nothing_if_the_norm_is_not_finite(double sumOfSquares)
    {
        foreach (OptimizerKind kind in Enum.GetValues<OptimizerKind>())
        {
            using var buffers = new OperationBuffers(Backend, seed: 1);
            BufferView[] state = [.. Enumerable.Range(0, 5).Select(_ => buffers.Random(70, 1, 3))];
            double[][] before = [.. state.Select(buffers.Read)];
            var settings = new OptimizerSettings(kind, 0.1, 0.9, 0.99, 1e-8, 0.1, 1, 0.9, 3);
            Backend.OptimizerStep(
                settings, buffers.Values(sumOfSquares), state[0], state[1], state[2], state[3], state[4]);
            for (int i = 0; i < state.Length; i++)
            {
                Agreement.AssertSameBits($"state {i}", before[i], buffers.Read(state[i]));
            }
        }
    }

    [Fact]
    public void OptimizerStep_of_a_zero_gradient_stays_finite()
    {
        foreach (OptimizerKind kind in Enum.GetValues<OptimizerKind>())
        {
            using var buffers = new OperationBuffers(Backend, seed: 1);
            BufferView parameters = buffers.Random(20);
            double[] before = buffers.Read(parameters);
            var settings = new OptimizerSettings(kind, 0.1, 0.9, 0.99, 1e-8, 0, 1, 0, 1);
            BufferView zeros = buffers.Filled(20, 0);
            Backend.OptimizerStep(
                settings, buffers.Values(0), parameters, zeros, buffers.Filled(20, 0), buffers.Filled(20, 0), default);
            Agreement.AssertSameBits("parameters", before, buffers.Read(parameters));
        }
    }

    private static void ExpectedStep(
        in OptimizerSettings settings, double[] p, double[] gradients, double[] m, double[] v, double[] ema)
    {
        (OptimizerKind kind, double rate, double beta1, double beta2, double epsilon, double decay, double clip, _, _) =
            settings;
        double norm = Math.Sqrt(gradients.Sum(g => g * g));
        double d = Math.Min(settings.EmaDecay, (1.0 + settings.Step) / (10.0 + settings.Step));
        for (int i = 0; i < p.Length; i++)
        {
            double g = clip == 0 ? gradients[i] : gradients[i] * Math.Min(1, clip / norm);
            if (kind == OptimizerKind.AdamW)
            {
                p[i] *= 1 - (rate * decay);
            }
            else
            {
                g += decay * p[i];
            }

            m[i] = (beta1 * m[i]) + ((1 - beta1) * g);
            double unbiased = m[i] / (1 - Math.Pow(beta1, settings.Step));
            if (kind == OptimizerKind.Adamax)
            {
                v[i] = Math.Max(beta2 * v[i], Math.Abs(g) + epsilon);
                p[i] -= rate * unbiased / v[i];
            }
            else
            {
                v[i] = (beta2 * v[i]) + ((1 - beta2) * g * g);
                p[i] -= rate * unbiased / (Math.Sqrt(v[i] / (1 - Math.Pow(beta2, settings.Step))) + epsilon);
            }

            ema[i] = (d * ema[i]) + ((1 - d) * p[i]);
        }
    }
}
