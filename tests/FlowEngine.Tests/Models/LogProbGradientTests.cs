using FlowEngine.Architecture;
using FlowEngine.Data;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Kernels.Reference;
using FlowEngine.Models;

using Xunit;

namespace FlowEngine.Tests.Models;

/// <summary>Gradients of the log density by the data and by the condition.</summary>
public sealed class LogProbGradientTests
{
    private const int Count = 3;

    public static TheoryData<IModelOptions> Models => new()
    {
        TinyVectors.Nsf() with { Condition = Numbers(ConditionInto.Both) },
        TinyVectors.Nsf(autoregressive: true) with { Condition = Numbers(ConditionInto.Networks) },
        TinyVectors.Maf(batchNorm: true) with { Condition = Numbers(ConditionInto.Both) },
        TinyVectors.Iaf() with { Condition = Numbers(ConditionInto.Both) },
        TinyVectors.Nice(),
        TinyVectors.DenseGlow() with { Condition = new(3, IsClass: true, ConditionInto.Both) },
        TinyGlow.Options(hidden: 5) with { Condition = Numbers(ConditionInto.Both) },
        TinyRealNvp.Options() with { Condition = Numbers(ConditionInto.Prior) },
    };

    [Theory]
    [MemberData(nameof(Models))]
    public void Gradients_match_finite_differences(IModelOptions options)
    {
        using ReferenceBackend<double> backend = new();
        using Model model = TinyGlow.Perturbed(backend, options);
        float[] x = TinyGlow.Images(model.Flow, Count);
        float[] condition = TinyGlow.Conditions(options, Count);
        float[] dx = new float[x.Length];
        float[] dCondition = new float[condition.Length];
        double[] logProb = model.LogProbGradient(x, dx, condition, dCondition);
        Assert.Equal(model.LogProb(x, condition), logProb);
        for (int i = 0; i < x.Length; i += 1 + (x.Length / 40))
        {
            AssertIsSlope(dx[i], x, i, () => model.LogProb(x, condition)[i / model.Flow.Dims]);
        }

        for (int i = 0; i < condition.Length; i++)
        {
            int row = i / model.Flow.ConditionLength;
            AssertIsSlope(dCondition[i], condition, i, () => model.LogProb(x, condition)[row]);
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Gradients_do_not_depend_on_the_batch_and_follow_the_weights(IModelOptions options)
    {
        using CpuBackend backend = new(2);
        using Model model = TinyGlow.Perturbed(backend, options);
        float[] x = TinyGlow.Images(model.Flow, Count);
        float[] condition = TinyGlow.Conditions(options, Count);
        float[] dx = new float[x.Length];
        float[] dCondition = new float[condition.Length];
        model.LogProbGradient(x, dx, condition, dCondition);
        int dims = model.Flow.Dims;
        int conditions = model.Flow.ConditionLength;
        float[] one = new float[dims];
        float[] ofCondition = new float[conditions];
        model.LogProbGradient(
            x.AsSpan(dims, dims), one, condition.AsSpan(conditions, conditions), ofCondition);
        Assert.Equal(dx[dims..(2 * dims)], one);
        Assert.Equal(dCondition[conditions..(2 * conditions)], ofCondition);

        using Model other = TinyGlow.Perturbed(backend, options, seed: 2);
        float[] weights = new float[model.Flow.Parameters.Length];
        other.ReadParameters(weights);
        float[] constants = new float[model.Flow.Parameters.ConstantLength];
        other.ReadParameters(constants, constants: true);
        model.WriteParameters(weights);
        model.WriteParameters(constants, constants: true);
        float[] expected = new float[dims];
        other.LogProbGradient(x.AsSpan(0, dims), expected, condition.AsSpan(0, conditions));
        model.LogProbGradient(x.AsSpan(0, dims), one, condition.AsSpan(0, conditions));
        Assert.Equal(expected, one);
    }

    [Fact]
    public void Lengths_that_do_not_fit_are_refused()
    {
        using CpuBackend backend = new(1);
        using Model model = TinyGlow.Perturbed(backend, TinyVectors.Nsf() with { Condition = Numbers(ConditionInto.Both) });
        float[] x = new float[10];
        Assert.Throws<FlowException>(() => model.LogProbGradient(x, new float[9], new float[2]));
        Assert.Throws<FlowException>(() => model.LogProbGradient(x, new float[10], new float[2], new float[2]));
        Assert.Throws<FlowException>(() => model.LogProbGradient(x, new float[10]));
    }

    [Fact]
    public void The_gradient_of_a_row_goes_through_the_scaling_of_its_table()
    {
        TableScaling scaling = new(
            [new TableColumn("a", 0.4, 1.7), new TableColumn("constant", 1, 0), new TableColumn("b", -0.3, 0.6)],
            new LogitTransform(0.01, 0, 2));
        double[] row = [0.3, 1, 1.8];
        float[] dValues = [0.7f, -1.3f];
        double[] dRow = new double[3];
        scaling.Backward(row, dValues, dRow, 1);
        Assert.Equal(0, dRow[1]);
        foreach (int j in new[] { 0, 2 })
        {
            double Loss(double step)
            {
                double[] moved = [.. row];
                moved[j] += step;
                float[] values = new float[2];
                double logDet = scaling.Apply("rows", 0, moved, values);
                return logDet + values.Zip(dValues, (value, d) => (double)value * d).Sum();
            }

            double slope = (Loss(1e-3) - Loss(-1e-3)) / 2e-3;
            Assert.True(Math.Abs(slope - dRow[j]) <= 1e-3 * Math.Max(1, Math.Abs(slope)), $"{dRow[j]}, not {slope}");
        }
    }

    private static ConditionOptions Numbers(ConditionInto into) => new(2, IsClass: false, into);

    // What is asked for is float32, and moves by steps that are: the step is what came out of rounding.
    private static void AssertIsSlope(float found, float[] values, int i, Func<double> logProb)
    {
        float value = values[i];
        values[i] = value + 1e-4f;
        double above = logProb();
        double width = values[i];
        values[i] = value - 1e-4f;
        double below = logProb();
        width -= values[i];
        values[i] = value;
        double slope = (above - below) / width;
        Assert.True(Math.Abs(found - slope) <= 1e-3 * Math.Max(1, Math.Abs(slope)), $"{i}: {found}, not {slope}");
    }
}
