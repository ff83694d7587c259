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

    [Fact]
    public void Add_rounds_each_sum_once_at_every_length()
    {
        foreach (int length in Enumerable.Range(1, 70).Concat([1023, 1024, 1025, 40_003]))
        {
            using var buffers = new OperationBuffers(Backend, seed: 3);
            BufferView addend = buffers.Random(length);
            BufferView sum = buffers.Random(length);
            double[] expected = [.. buffers.Read(sum).Zip(buffers.Read(addend), (a, b) =>
                Backend.ElementType == ElementType.Float64 ? a + b : (float)a + (float)b)];
            Backend.Add(addend, sum);
            Assert.Equal(expected, buffers.Read(sum));
        }
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
            OptimizerProgress progress = Progress(buffers, capacity: 2);
            BufferView densities = buffers.Random(3);
            var settings = new OptimizerSettings(kind, 0.9, 0.99, 1e-8, decay, clip, emaDecay);
            double[] p = buffers.Read(parameters);
            double[] m = new double[length];
            double[] v = new double[length];
            double[] ema = buffers.Read(parameters);
            for (int step = 1; step <= 5; step++)
            {
                BufferView gradients = buffers.Random(length, 0.5, 0.1);
                Backend.SumOfSquares(gradients, progress.SumOfSquares);
                Backend.OptimizerStep(
                    settings,
                    buffers.Values(0.01 * step),
                    densities,
                    densities,
                    progress,
                    parameters,
                    gradients,
                    moment1,
                    moment2,
                    average);
                ExpectedStep(settings, 0.01 * step, step, p, buffers.Read(gradients), m, v, ema);
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
    [InlineData(double.NaN, 1)]
    [InlineData(double.PositiveInfinity, 1)]
    [InlineData(1, double.NaN)]
    [InlineData(1, double.NegativeInfinity)]
    public void OptimizerStep_notes_an_update_that_is_not_finite_and_changes_nothing(double sumOfSquares, double density)
    {
        foreach (OptimizerKind kind in Enum.GetValues<OptimizerKind>())
        {
            using var buffers = new OperationBuffers(Backend, seed: 1);
            BufferView[] state = [.. Enumerable.Range(0, 5).Select(_ => buffers.Random(70, 1, 3))];
            double[][] before = [.. state.Select(buffers.Read)];
            OptimizerProgress progress = Progress(buffers, capacity: 3);
            Backend.Fill(progress.Applied, 2);
            Backend.Fill(progress.SumOfSquares, sumOfSquares);
            Backend.OptimizerStep(
                new OptimizerSettings(kind, 0.9, 0.99, 1e-8, 0.1, 1, 0.9),
                buffers.Values(0.1),
                buffers.Values(1, density),
                buffers.Values(0, 0),
                progress,
                state[0],
                state[1],
                state[2],
                state[3],
                state[4]);
            for (int i = 0; i < state.Length; i++)
            {
                Agreement.AssertSameBits($"state {i}", before[i], buffers.Read(state[i]));
            }

            Assert.Equal(2, buffers.Read(progress.Applied)[0]);
            Assert.Equal([(1 + density) / 2, sumOfSquares, 0, 0, 0, 0], buffers.Read(progress.Figures));
        }
    }

    [Fact]
    public void OptimizerStep_keeps_the_figures_of_the_last_updates_and_counts_those_applied()
    {
        using var buffers = new OperationBuffers(Backend, seed: 1);
        OptimizerProgress progress = Progress(buffers, capacity: 2);
        BufferView[] state = [.. Enumerable.Range(0, 4).Select(_ => buffers.Random(20, 1, 3))];
        double[] densities = [3, double.NaN, 5];
        foreach (double density in densities)
        {
            Backend.Fill(progress.SumOfSquares, density + 1);
            Backend.OptimizerStep(
                new OptimizerSettings(OptimizerKind.Adam, 0.9, 0.99, 1e-8, 0, 1, 0),
                buffers.Values(0.1),
                buffers.Values(density),
                buffers.Values(0),
                progress,
                state[0],
                state[1],
                state[2],
                state[3],
                default);
        }

        Assert.Equal(2, buffers.Read(progress.Applied)[0]);
        Assert.Equal(1, buffers.Read(progress.Next)[0]);
        Assert.Equal([5, 6, double.NaN, double.NaN], buffers.Read(progress.Figures));
    }

    [Fact]
    public void OptimizerStep_of_a_zero_gradient_stays_finite()
    {
        foreach (OptimizerKind kind in Enum.GetValues<OptimizerKind>())
        {
            using var buffers = new OperationBuffers(Backend, seed: 1);
            BufferView parameters = buffers.Random(20);
            double[] before = buffers.Read(parameters);
            BufferView zeros = buffers.Filled(20, 0);
            Backend.OptimizerStep(
                new OptimizerSettings(kind, 0.9, 0.99, 1e-8, 0, 1, 0),
                buffers.Values(0.1),
                buffers.Values(0),
                buffers.Values(0),
                Progress(buffers, capacity: 1),
                parameters,
                zeros,
                buffers.Filled(20, 0),
                buffers.Filled(20, 0),
                default);
            Agreement.AssertSameBits("parameters", before, buffers.Read(parameters));
        }
    }

    private static OptimizerProgress Progress(OperationBuffers buffers, int capacity) =>
        new(capacity, buffers.Filled((int)OptimizerProgress.LengthFor(capacity), 0));

    private static void ExpectedStep(
        in OptimizerSettings settings,
        double rate,
        int step,
        double[] p,
        double[] gradients,
        double[] m,
        double[] v,
        double[] ema)
    {
        (OptimizerKind kind, double beta1, double beta2, double epsilon, double decay, double clip, _) = settings;
        double norm = Math.Sqrt(gradients.Sum(g => g * g));
        double d = Math.Min(settings.EmaDecay, (1.0 + step) / (10.0 + step));
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
            double unbiased = m[i] / (1 - Math.Pow(beta1, step));
            if (kind == OptimizerKind.Adamax)
            {
                v[i] = Math.Max(beta2 * v[i], Math.Abs(g) + epsilon);
                p[i] -= rate * unbiased / v[i];
            }
            else
            {
                v[i] = (beta2 * v[i]) + ((1 - beta2) * g * g);
                p[i] -= rate * unbiased / (Math.Sqrt(v[i] / (1 - Math.Pow(beta2, step))) + epsilon);
            }

            ema[i] = (d * ema[i]) + ((1 - d) * p[i]);
        }
    }
}
