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
    private static readonly TrainerOptions _options = new() { Batch = 8, WarmupImages = 64, Seed = 4, EmaDecay = 0.9 };

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

    private static void AssertSameLosses(
        IBackend backend, GlowPreset preset, CouplingKind coupling, MemoryMode memory, int updates)
    {
        using CpuBackend cpu = new(2);
        double[] expected = Losses(cpu, preset, coupling, memory, updates);
        double[] actual = Losses(backend, preset, coupling, memory, updates);
        for (int i = 0; i < updates; i++)
        {
            double error = Math.Abs(actual[i] - expected[i]);
            Assert.True(error <= 1e-4 * Math.Abs(expected[i]), $"update {i}: {actual[i]}, on the CPU {expected[i]}");
        }
    }

    private static double[] Losses(
        IBackend backend, GlowPreset preset, CouplingKind coupling, MemoryMode memory, int updates)
    {
        GlowOptions glow = TinyGlow.Options(preset, coupling);
        using Model model = Model.Create(TinyGlow.Config(glow), backend, 1);
        using Trainer trainer = TinyGlow.Train(model, _options with { Memory = memory }, 0);
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
