using FlowEngine.Architecture;
using FlowEngine.Kernels;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Models;
using FlowEngine.Tests.Backends;
using FlowEngine.Tests.Gpu;
using FlowEngine.Tests.Models;
using FlowEngine.Training;
using Xunit;

namespace FlowEngine.Tests.Training;

/// <summary>Spline flows whose networks are residual and gated, on the runners of GPU kernels.</summary>
[Collection(FakeCudaGroup.Name)]
public sealed class ResidualSplineTrainingTests
{
    private const int Batch = 8;

    public static TheoryData<string, bool> Devices => new()
    {
        { "opencl:0", false },
        { "opencl:0", true },
        { "cuda:0", false },
        { "cuda:0", true },
    };

    [Theory]
    [MemberData(nameof(Devices))]
    public void Ten_updates_lose_what_they_lose_on_the_CPU(string selector, bool autoregressive)
    {
        SplineOptions options = TinyVectors.Nsf(autoregressive: autoregressive) with
        {
            Residual = true,
            Activation = Activation.Silu,
            Condition = new ConditionOptions(2, IsClass: false, ConditionInto.Both),
        };
        using CpuBackend cpu = new(2);
        using IBackend gpu = selector == "cuda:0" ? FakeCuda.OpenBackend() : TestDevices.OpenClOrSkip();
        AssertClose(Train(cpu, options), Train(gpu, options));
    }

    // The losses, then densities of the trained model.
    private static double[] Train(IBackend backend, SplineOptions options)
    {
        using Model model = TinyGlow.Perturbed(backend, options);
        using Trainer trainer = new(model, new TrainerOptions { Batch = Batch, WarmupSamples = Batch, Seed = 4 });
        float[] rows = TinyGlow.Images(model.Flow, Batch);
        float[] conditions = TinyGlow.Conditions(options, Batch);
        double[] losses = [.. Enumerable.Range(0, 10).Select(_ => trainer.Step(rows, conditions).BitsPerDim)];
        Assert.True(losses[^1] < losses[0], $"{losses[^1]} after {losses[0]}");
        return [.. losses, .. model.LogProb(rows, conditions)];
    }

    private static void AssertClose(double[] expected, double[] actual) => Assert.All(
        expected.Zip(actual),
        pair => Assert.True(
            Math.Abs(pair.First - pair.Second) <= 1e-4 * Math.Max(1, Math.Abs(pair.First)), $"{pair.Second}, on the CPU {pair.First}"));
}
