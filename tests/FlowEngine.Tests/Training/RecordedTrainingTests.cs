using FlowEngine.Kernels;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Kernels.Gpu;
using FlowEngine.Models;
using FlowEngine.Tensors;
using FlowEngine.Tests.Backends;
using FlowEngine.Tests.Models;
using FlowEngine.Training;

using Xunit;

namespace FlowEngine.Tests.Training;

/// <summary>Training steps whose work is recorded, and whose losses are read later.</summary>
public sealed class RecordedTrainingTests
{
    private static readonly TrainerOptions _options = new()
    {
        Batch = 8,
        WarmupSamples = 64,
        Seed = 4,
        EmaDecay = 0.9,
        ReadEvery = 4,
        Memory = Execution.MemoryMode.Store,
    };

    [Fact]
    public void A_recorded_step_gives_the_bits_of_one_that_is_queued_on_OpenCL()
    {
        TestDevices.SkipWithoutOpenCl();
        AssertSameBits("opencl:0", updates: 12);
    }

    [Fact]
    public void A_recorded_step_gives_the_bits_of_one_that_is_queued_on_the_emulator() =>
        AssertSameBits("emulator", updates: 4);

    [Fact]
    public void Recorded_densities_and_samples_are_those_that_are_queued()
    {
        TestDevices.SkipWithoutOpenCl();
        using GpuBackend recorded = GpuBackend.Open("opencl:0");
        recorded.Captures = true;
        using GpuBackend queued = GpuBackend.Open("opencl:0");
        using Model ours = TinyGlow.Perturbed(recorded, TinyGlow.Options());
        using Model theirs = TinyGlow.Perturbed(queued, TinyGlow.Options());
        foreach (ulong seed in new ulong[] { 5, 6, 7, 8 })
        {
            float[] images = TinyGlow.Images(ours.Flow, 6, seed);
            Assert.Equal(theirs.LogProb(images), ours.LogProb(images));
            Assert.Equal(theirs.Sample(5, 0.7, seed), ours.Sample(5, 0.7, seed));
            Assert.Equal(theirs.Sample(5, 0.1 * seed, 3), ours.Sample(5, 0.1 * seed, 3));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    public void Losses_that_are_read_later_are_those_that_are_read_at_once(int together)
    {
        using CpuBackend backend = new(2);
        using Model model = Model.Create(TinyGlow.Config(TinyGlow.Options()), backend, 1);
        using Trainer trainer = TinyGlow.Train(model, _options, 0);
        StepResult[] expected = Run(trainer, 12, 1);
        using Model again = Model.Create(TinyGlow.Config(TinyGlow.Options()), backend, 1);
        using Trainer other = TinyGlow.Train(again, _options, 0);
        Assert.Equal(expected, Run(other, 12, together));
        Assert.Equal(TinyGlow.Read(backend, model.Weights), TinyGlow.Read(backend, again.Weights));
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("opencl:0")]
    [InlineData("emulator")]
    public void Skipped_updates_are_counted_and_explained_when_they_are_read(string device)
    {
        if (device == "opencl:0")
        {
            TestDevices.SkipWithoutOpenCl();
        }

        using IBackend backend = Execution.Devices.Open(device);
        using Model model = TinyGlow.Perturbed(backend, TinyGlow.Options());
        using Trainer trainer = TinyGlow.Train(model, _options, 1);
        Parameter bias = model.Flow.Parameters.All.Single(p => p.Name == "levels.1.steps.0.actnorm.bias");
        double[] good = TinyGlow.Read(backend, bias.In(model.Weights));
        backend.Fill(bias.In(model.Weights), double.NaN);
        double[] before = TinyGlow.Read(backend, model.Weights);
        StepResult[] results = trainer.Steps(3).ToArray();
        Assert.All(results, result => Assert.True(result.WasSkipped));
        Assert.Equal((4, 3), (trainer.Updates, trainer.Skipped));
        Assert.Equal("levels.1.steps.0.actnorm", trainer.SkippedBecause);
        Assert.Equal(before, TinyGlow.Read(backend, model.Weights));

        // The bias corrections go on from the one update that was applied.
        backend.Write(good, bias.In(model.Weights));
        Assert.All(trainer.Steps(2).ToArray(), result => Assert.False(result.WasSkipped));
        Assert.Equal(3, TinyGlow.Read(backend, trainer.AppliedUpdates)[0]);
    }

    [Fact]
    public void More_updates_than_can_be_kept_are_refused()
    {
        using CpuBackend backend = new(1);
        using Model model = TinyGlow.Perturbed(backend, TinyGlow.Options());
        using Trainer trainer = new(model, TinyGlow.Digits, _options);
        Assert.Throws<FlowException>(() => trainer.Steps(5).Length);
        Assert.Throws<FlowException>(() => trainer.Steps(0).Length);
        Assert.Throws<FlowException>((_options with { ReadEvery = 0 }).Validate);
    }

    private static void AssertSameBits(string device, int updates)
    {
        using GpuBackend queued = GpuBackend.Open(device);
        using Model model = Model.Create(TinyGlow.Config(TinyGlow.Options()), queued, 1);
        using Trainer trainer = TinyGlow.Train(model, _options, 0);
        StepResult[] expected = Run(trainer, updates, 1);
        using GpuBackend recording = GpuBackend.Open(device);
        recording.Captures = true;
        using Model recordedModel = Model.Create(TinyGlow.Config(TinyGlow.Options()), recording, 1);
        using Trainer recorded = TinyGlow.Train(recordedModel, _options, 0);
        Assert.Equal(expected, Run(recorded, updates, together: 4));
        Assert.Equal(TinyGlow.Read(queued, model.Weights), TinyGlow.Read(recording, recordedModel.Weights));
        Assert.Equal(
            TinyGlow.Read(queued, trainer.AveragedWeights), TinyGlow.Read(recording, recorded.AveragedWeights));
    }

    private static StepResult[] Run(Trainer trainer, int updates, int together)
    {
        List<StepResult> results = [];
        while (results.Count < updates)
        {
            results.AddRange(trainer.Steps(Math.Min(together, updates - results.Count)));
        }

        return [.. results];
    }
}
