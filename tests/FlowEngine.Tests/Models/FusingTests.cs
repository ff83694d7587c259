using FlowEngine.Execution;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Models;
using FlowEngine.Training;
using Xunit;

namespace FlowEngine.Tests.Models;

/// <summary>A model whose layers run one by one gives what the fused one gives.</summary>
public sealed class FusingTests
{
    private const int Count = 5;

    [Fact]
    public void Unfused_layers_run_by_themselves_and_agree_with_fused_steps()
    {
        using CpuBackend backend = new();
        using Model model = TinyGlow.Perturbed(backend, TinyGlow.Options());
        float[] images = TinyGlow.Images(model.Flow, Count);
        Assert.Contains(model.Lowered.Levels.SelectMany(level => level), group => group is StepRun);
        (double[] logProb, float[] back, float[] drawn, float[] gradient) = Results(model, images);

        model.FusesSteps = false;
        Assert.Empty(model.Plans.Idle);
        Assert.Equal(
            model.Flow.Layers,
            model.Lowered.Levels.SelectMany(level => level).Select(group => Assert.IsType<SingleLayer>(group).Layer));
        (double[] logProb2, float[] back2, float[] drawn2, float[] gradient2) = Results(model, images);
        Close(logProb, logProb2, 1e-5);
        Close(Doubles(back), Doubles(back2), 1e-5);
        Close(Doubles(drawn), Doubles(drawn2), 1e-5);
        Close(Doubles(gradient), Doubles(gradient2), 1e-4);

        model.FusesSteps = true;
        Assert.Equal(logProb, model.LogProb(images));
    }

    private static (double[] LogProb, float[] Back, float[] Drawn, float[] Gradient) Results(Model model, float[] images)
    {
        float[] gradient = new float[model.Flow.Parameters.Length];
        using Tape tape = new(model, Count, MemoryMode.Store);
        tape.Forward(images, new double[Count]);
        tape.Backward([1, 1, 1, 1, 1], [], gradient);
        return (model.LogProb(images), model.Inverse(model.Forward(images)), model.Sample(Count, 0.7, seed: 3), gradient);
    }

    private static double[] Doubles(float[] values) => Array.ConvertAll(values, value => (double)value);

    private static void Close(double[] expected, double[] actual, double tolerance)
    {
        double scale = expected.Max(Math.Abs);
        Assert.All(expected.Zip(actual), pair =>
            Assert.True(Math.Abs(pair.First - pair.Second) <= tolerance * scale, $"{pair} of {scale}"));
    }
}
