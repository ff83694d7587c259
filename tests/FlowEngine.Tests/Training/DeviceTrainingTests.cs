using FlowEngine.Architecture;
using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Kernels.Gpu;
using FlowEngine.Models;
using FlowEngine.Tests.Backends;
using FlowEngine.Tests.Models;
using FlowEngine.Training;

using Xunit;

namespace FlowEngine.Tests.Training;

/// <summary>The same training on the CPU and on the runners of GPU kernels.</summary>
public sealed class DeviceTrainingTests
{
    private static readonly TrainerOptions _options = new() { Batch = 8, WarmupSamples = 64, Seed = 4, EmaDecay = 0.9 };

    [Theory]
    [InlineData(GlowPreset.Glow, CouplingKind.Affine, MemoryMode.Store)]
    [InlineData(GlowPreset.Rosinality, CouplingKind.Affine, MemoryMode.Invert)]
    [InlineData(GlowPreset.Rosinality, CouplingKind.Additive, MemoryMode.Store)]
    [InlineData(GlowPreset.Glow, CouplingKind.Additive, MemoryMode.Invert)]
    public void Losses_on_OpenCL_are_those_of_the_CPU(GlowPreset preset, CouplingKind coupling, MemoryMode memory)
    {
        using GpuBackend backend = TestDevices.OpenClOrSkip();
        AssertSameLosses(backend, preset, coupling, memory, updates: 20);
    }

    [Theory]
    [InlineData(GlowPreset.Glow, CouplingKind.Affine, MemoryMode.Invert)]
    [InlineData(GlowPreset.Rosinality, CouplingKind.Additive, MemoryMode.Store)]
    public void Losses_on_the_emulator_are_those_of_the_CPU(
        GlowPreset preset, CouplingKind coupling, MemoryMode memory)
    {
        using GpuBackend backend = GpuBackend.Open("emulator");
        AssertSameLosses(backend, preset, coupling, memory, updates: 2);
    }

    [Theory]
    [InlineData(MemoryMode.Store)]
    [InlineData(MemoryMode.Invert)]
    public void Twenty_updates_on_the_emulator_lose_what_they_lose_on_the_CPU(MemoryMode memory)
    {
        using GpuBackend backend = GpuBackend.Open("emulator");
        GlowOptions smallest = TinyGlow.Options(levels: 1, steps: 1, hidden: 3);
        AssertSameLosses(backend, smallest, _options with { Memory = memory, Batch = 1 }, updates: 20, 1e-4);
    }

    [Theory]
    [InlineData(NetworkPrecision.TensorFloat32, MemoryMode.Store, 1e-3)]
    [InlineData(NetworkPrecision.TensorFloat32, MemoryMode.Invert, 1e-3)]
    [InlineData(NetworkPrecision.BFloat16, MemoryMode.Store, 1e-2)]
    [InlineData(NetworkPrecision.BFloat16, MemoryMode.Invert, 1e-2)]
    public void Losses_in_reduced_precision_are_near_those_of_the_CPU(
        NetworkPrecision precision, MemoryMode memory, double tolerance)
    {
        TestDevices.SkipWithoutOpenCl();
        using GpuBackend backend = GpuBackend.Open("opencl:0", precision);
        AssertSameLosses(backend, GlowPreset.Glow, CouplingKind.Affine, memory, updates: 20, tolerance);
    }

    [Theory]
    [InlineData(NetworkPrecision.TensorFloat32, 1e-3)]
    [InlineData(NetworkPrecision.BFloat16, 1e-2)]
    public void Losses_in_reduced_precision_on_the_emulator_are_near_those_of_the_CPU(
        NetworkPrecision precision, double tolerance)
    {
        using GpuBackend backend = GpuBackend.Open("emulator", precision);
        AssertSameLosses(backend, GlowPreset.Glow, CouplingKind.Affine, MemoryMode.Invert, updates: 2, tolerance);
    }

    [Theory]
    [InlineData(NetworkPrecision.Full, 1e-4)]
    [InlineData(NetworkPrecision.TensorFloat32, 1e-4)]
    [InlineData(NetworkPrecision.BFloat16, 1e-4)]
    public void Gradients_of_store_and_invert_agree_and_the_input_comes_back(NetworkPrecision precision, double tolerance)
    {
        TestDevices.SkipWithoutOpenCl();
        using GpuBackend backend = GpuBackend.Open("opencl:0", precision);
        GlowOptions glow = TinyGlow.Options(steps: 16, hidden: 16);
        float[]? images = null;
        List<double[]> gradients = [];
        foreach (MemoryMode memory in new[] { MemoryMode.Store, MemoryMode.Invert })
        {
            using Model model = TinyGlow.Perturbed(backend, glow);
            using Trainer trainer = new(model, _options with { Memory = memory });
            images ??= TinyGlow.Images(model.Flow, _options.Batch);
            trainer.Step(images);
            gradients.Add(TinyGlow.Read(backend, trainer.Gradients));
            AssertClose(images, [.. TinyGlow.Read(backend, trainer.Plan.Input).Select(value => (float)value)], 1e-4);
        }

        double difference = Math.Sqrt(gradients[0].Zip(gradients[1], (a, b) => (a - b) * (a - b)).Sum());
        double norm = Math.Sqrt(gradients[0].Sum(g => g * g));
        Assert.True(difference <= tolerance * norm, $"{precision}: off by {difference} of {norm}");
    }

    [Fact]
    public void A_checkpoint_of_the_CPU_gives_the_same_densities_and_samples_on_OpenCL()
    {
        using CpuBackend cpu = new(2);
        using GpuBackend gpu = TestDevices.OpenClOrSkip();
        GlowOptions glow = TinyGlow.Options(steps: 4, hidden: 16);
        using Model ours = TinyGlow.Perturbed(cpu, glow);
        using Model theirs = TinyGlow.Perturbed(gpu, glow);
        float[] images = TinyGlow.Images(ours.Flow, 6);
        AssertClose(
            [.. ours.LogProb(images).Select(value => (float)value)],
            [.. theirs.LogProb(images).Select(value => (float)value)],
            1e-4);
        AssertClose(ours.Sample(5, 0.7, 3), theirs.Sample(5, 0.7, 3), 1e-3);
    }

    [Theory]
    [InlineData(MemoryMode.Store)]
    [InlineData(MemoryMode.Invert)]
    public void Losses_of_a_model_of_classes_on_OpenCL_are_those_of_the_CPU(MemoryMode memory)
    {
        using GpuBackend gpu = TestDevices.OpenClOrSkip();
        using CpuBackend cpu = new(2);
        GlowOptions glow = TinyGlow.Options() with { Condition = new ConditionOptions(10, true, ConditionInto.Both) };
        double[][] losses = [.. new IBackend[] { cpu, gpu }.Select(backend =>
        {
            using Model model = Model.Create(TinyGlow.Config(glow), backend, 1);
            using Trainer trainer = TinyGlow.Train(model, _options with { Memory = memory, ReadEvery = 5 }, 0);
            return Enumerable.Range(0, 4)
                .SelectMany(_ => trainer.Steps(5).ToArray()).Select(step => step.BitsPerDim).ToArray();
        })];
        Assert.All(losses[0].Zip(losses[1]), pair =>
            Assert.True(Math.Abs(pair.First - pair.Second) <= 1e-4 * pair.First, $"{pair}"));
    }

    private static void AssertSameLosses(
        IBackend backend,
        GlowPreset preset,
        CouplingKind coupling,
        MemoryMode memory,
        int updates,
        double tolerance = 1e-4) =>
        AssertSameLosses(
            backend, TinyGlow.Options(preset, coupling), _options with { Memory = memory }, updates, tolerance);

    private static void AssertSameLosses(
        IBackend backend, GlowOptions glow, TrainerOptions options, int updates, double tolerance)
    {
        using CpuBackend cpu = new(2);
        double[] expected = Losses(cpu, glow, options, updates);
        double[] actual = Losses(backend, glow, options, updates);
        for (int i = 0; i < updates; i++)
        {
            double error = Math.Abs(actual[i] - expected[i]);
            Assert.True(error <= tolerance * Math.Abs(expected[i]), $"update {i}: {actual[i]}, on the CPU {expected[i]}");
        }
    }

    private static double[] Losses(IBackend backend, GlowOptions glow, TrainerOptions options, int updates)
    {
        using Model model = Model.Create(TinyGlow.Config(glow), backend, 1);
        using Trainer trainer = TinyGlow.Train(model, options, 0);
        return [.. Enumerable.Range(0, updates).Select(_ => trainer.Step().BitsPerDim)];
    }

    private static void AssertClose(float[] expected, float[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            double error = Math.Abs(actual[i] - expected[i]);
            Assert.True(error <= tolerance * Math.Max(1, Math.Abs(expected[i])), $"{i}: {actual[i]}, not {expected[i]}");
        }
    }
}
