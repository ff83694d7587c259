using FlowEngine.Architecture;
using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Kernels.Reference;
using FlowEngine.Layers;
using FlowEngine.Models;
using FlowEngine.Tests.Checkpoints;
using FlowEngine.Tests.Models;
using FlowEngine.Training;

using Xunit;

namespace FlowEngine.Tests.Training;

/// <summary>Batches in shards.</summary>
public sealed class ShardTests
{
    private static readonly TrainerOptions _options = new() { Batch = 16, Shards = 8, WarmupSamples = 64, Seed = 4 };

    [Theory]
    [InlineData(MemoryMode.Store)]
    [InlineData(MemoryMode.Invert)]
    public void The_gradient_of_shards_is_that_of_the_batch(MemoryMode memory)
    {
        using CpuBackend backend = new(2);
        (double[] Gradient, StepResult Step)[] found = [.. new[] { 1, 2, 8, 16 }.Select(shards =>
        {
            using Model model = TinyGlow.Perturbed(backend, TinyGlow.Options());
            using Trainer trainer = TinyGlow.Train(model, _options with { Memory = memory, Shards = shards }, 1);
            return (TinyGlow.Read(backend, trainer.Gradients), trainer.Last);
        })];
        double norm = Math.Sqrt(found[0].Gradient.Sum(g => g * g));
        foreach ((double[] gradient, StepResult step) in found)
        {
            double difference = Math.Sqrt(found[0].Gradient.Zip(gradient, (a, b) => (a - b) * (a - b)).Sum());
            Assert.True(difference <= 1e-5 * norm, $"off by {difference} of {norm}");
            Assert.True(Math.Abs(step.BitsPerDim - found[0].Step.BitsPerDim) <= 1e-5, $"{step} and {found[0].Step}");
        }
    }

    [Fact]
    public void Conditions_go_with_their_shard()
    {
        using ReferenceBackend<double> backend = new();
        GlowOptions sizes = TinyGlow.Options(steps: 1) with { Condition = new(10, IsClass: true, ConditionInto.Both) };
        double[][] gradients = [.. new[] { 1, 4 }.Select(shards =>
        {
            using Model model = TinyGlow.Perturbed(backend, sizes);
            using Trainer trainer = TinyGlow.Train(model, _options with { Batch = 4, Shards = shards }, 1);
            return TinyGlow.Read(backend, trainer.Gradients);
        })];
        double norm = Math.Sqrt(gradients[0].Sum(g => g * g));
        double difference = Math.Sqrt(gradients[0].Zip(gradients[1], (a, b) => (a - b) * (a - b)).Sum());
        Assert.True(difference <= 1e-12 * norm, $"off by {difference} of {norm}");
    }

    [Theory]
    [InlineData("emulator")]
    [InlineData("cpu")]
    public void Shards_are_recorded_and_resumed_with_the_same_bits(string device)
    {
        using TemporaryFolder folder = new();
        using IBackend backend = Devices.Open(device);
        TrainerOptions options = _options with { Batch = 4, Shards = 4, Memory = MemoryMode.Store };
        using Model straight = Model.Create(TinyGlow.Config(TinyGlow.Options(steps: 1)), backend, 1);
        using Trainer whole = TinyGlow.Train(straight, options, 1);
        whole.SaveModel(folder.File("model.safetensors"));
        whole.SaveState(folder.File("training.safetensors"));
        StepResult expected = whole.Step();

        using Model loaded = Model.Load(folder.File("model.safetensors"), backend);
        using Trainer resumed = new(loaded, TinyGlow.Digits, options);
        resumed.Resume(folder.File("training.safetensors"));
        Assert.Equal(expected, resumed.Step());
        Assert.Equal(TinyGlow.Read(backend, straight.Weights), TinyGlow.Read(backend, loaded.Weights));

        using Trainer other = new(loaded, TinyGlow.Digits, options with { Shards = 2 });
        FlowException error = Assert.Throws<FlowException>(() => other.Resume(folder.File("training.safetensors")));
        Assert.Contains("shards is 4", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_steady_step_allocates_no_managed_memory()
    {
        using CpuBackend backend = new(2);
        using Model model = TinyGlow.Perturbed(backend, TinyGlow.Options());
        using Trainer trainer = TinyGlow.Train(model, _options, 5);
        Assert.Equal(0, SteadyAllocation.Of(() => trainer.Step()));
    }

    [Fact]
    public void A_layer_that_is_not_finite_is_named()
    {
        using CpuBackend backend = new(2);
        using Model model = TinyGlow.Perturbed(backend, TinyGlow.Options());
        using Trainer trainer = TinyGlow.Train(model, _options, 2);
        backend.Fill(
            model.Flow.Parameters.All.Single(p => p.Name == "levels.1.steps.0.actnorm.bias").In(model.Weights), double.NaN);
        Assert.True(trainer.Step().WasSkipped);
        Assert.Equal("levels.1.steps.0.actnorm", trainer.SkippedBecause);
    }

    [Theory]
    [InlineData(16, 3, "shards is 3, expected a power of two up to 1024")]
    [InlineData(16, 0, "shards is 0, expected a power of two up to 1024")]
    [InlineData(12, 8, "batch is 12, expected a multiple of its 8 shards")]
    public void Shards_that_do_not_divide_the_batch_are_refused(int batch, int shards, string message)
    {
        FlowException error = Assert.Throws<FlowException>((_options with { Batch = batch, Shards = shards }).Validate);
        Assert.Equal(message, error.Message);
    }

    [Fact]
    public void A_batch_is_cut_to_a_multiple_of_its_shards() => Assert.Equal(40, (_options with { Batch = 64 }).BatchOf(47));

    [Fact]
    public void Batch_normalization_in_shards_is_refused()
    {
        using CpuBackend backend = new(1);
        AutoregressiveOptions sizes = new()
        {
            Direction = AutoregressiveDirection.Density,
            Channels = 3,
            Blocks = 1,
            Hidden = 8,
            HiddenLayers = 1,
            BatchNorm = true,
        };
        using Model model = Model.Create(TinyGlow.Config(sizes), backend, 1);
        FlowException error = Assert.Throws<FlowException>(() => new Trainer(model, _options));
        Assert.Contains("normalizes by the statistics of the whole batch", error.Message, StringComparison.Ordinal);
    }
}
