using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Kernels.Reference;
using FlowEngine.Layers;
using FlowEngine.Models;
using FlowEngine.Tensors;
using FlowEngine.Tests.Checkpoints;
using FlowEngine.Tests.Models;
using FlowEngine.Training;

using Xunit;

namespace FlowEngine.Tests.Training;

public sealed class TrainerTests
{
    private static readonly TrainerOptions _options = new() { Batch = 16, WarmupSamples = 64, Seed = 4 };

    [Theory]
    [InlineData(MemoryMode.Store)]
    [InlineData(MemoryMode.Invert)]
    public void A_small_Glow_learns_the_digits(MemoryMode memory)
    {
        using CpuBackend backend = new(2);
        using Model model = Model.Create(TinyGlow.Config(TinyGlow.Options(hidden: 16, steps: 4)), backend, 1);
        using Trainer trainer = TinyGlow.Train(model, _options with { Memory = memory, Batch = 32 }, 0);
        double first = trainer.Step().BitsPerDim;
        double last = 0;
        for (int i = 0; i < 199; i++)
        {
            StepResult step = trainer.Step();
            Assert.False(step.WasSkipped);
            last += i >= 180 ? step.BitsPerDim / 19 : 0;
        }

        Assert.True(last <= 3.2, $"{first} to {last} bits/dim");
        Assert.True(first >= last + 1, $"{first} to {last} bits/dim");
    }

    [Fact]
    public void Gradients_of_store_and_invert_agree()
    {
        using CpuBackend backend = new(2);
        double[][] gradients = [.. new[] { MemoryMode.Store, MemoryMode.Invert }.Select(memory =>
        {
            using Model model = TinyGlow.Perturbed(backend, TinyGlow.Options(steps: 8));
            using Trainer trainer = TinyGlow.Train(model, _options with { Memory = memory }, 1);
            return TinyGlow.Read(backend, trainer.Gradients);
        })];
        double difference = Math.Sqrt(gradients[0].Zip(gradients[1], (a, b) => (a - b) * (a - b)).Sum());
        double norm = Math.Sqrt(gradients[0].Sum(g => g * g));
        Assert.True(difference <= 1e-4 * norm, $"off by {difference} of {norm}");
    }

    [Fact]
    public void Training_gives_the_same_bits_for_any_number_of_threads()
    {
        double[][] weights = [.. new[] { 1, 2, 3 }.Select(threads =>
        {
            using CpuBackend backend = new(threads);
            using Model model = Model.Create(TinyGlow.Config(TinyGlow.Options()), backend, 1);
            using Trainer trainer = TinyGlow.Train(model, _options, 5);
            return TinyGlow.Read(backend, model.Weights);
        })];
        Assert.Equal(weights[0], weights[1]);
        Assert.Equal(weights[0], weights[2]);
    }

    [Fact]
    public void Twenty_steps_lose_the_same_on_the_CPU_and_on_the_double_reference()
    {
        using CpuBackend cpu = new(2);
        using ReferenceBackend<double> reference = new();
        double[][] losses = [.. new IBackend[] { cpu, reference }.Select(backend =>
        {
            using Model model = Model.Create(TinyGlow.Config(TinyGlow.Options(steps: 1)), backend, 1);
            using Trainer trainer = TinyGlow.Train(model, _options with { Batch = 4 }, 0);
            return Enumerable.Range(0, 20).Select(_ => trainer.Step().BitsPerDim).ToArray();
        })];
        Assert.All(losses[0].Zip(losses[1]), pair =>
            Assert.True(Math.Abs(pair.First - pair.Second) <= 1e-4, $"{pair.First} and {pair.Second}"));
    }

    [Theory]
    [InlineData(OptimizerKind.Adam)]
    [InlineData(OptimizerKind.AdamW)]
    [InlineData(OptimizerKind.Adamax)]
    public void A_resumed_run_goes_on_with_the_same_bits(OptimizerKind optimizer)
    {
        using TemporaryFolder folder = new();
        using CpuBackend backend = new(2);
        TrainerOptions options = _options with { Optimizer = optimizer, Flip = true, WeightDecay = 0.01 };
        using Model straight = Model.Create(TinyGlow.Config(TinyGlow.Options()), backend, 1);
        using Trainer whole = TinyGlow.Train(straight, options, 6);
        whole.SaveModel(folder.File("model.safetensors"));
        whole.SaveState(folder.File("training.safetensors"));
        StepResult[] expected = [.. Enumerable.Range(0, 110).Select(_ => whole.Step())];

        using Model loaded = Model.Load(folder.File("model.safetensors"), backend);
        using Trainer resumed = new(loaded, TinyGlow.Digits, options);
        resumed.Resume(folder.File("training.safetensors"));
        Assert.Equal(expected, Enumerable.Range(0, 110).Select(_ => resumed.Step()).ToArray());
        Assert.Equal(TinyGlow.Read(backend, straight.Weights), TinyGlow.Read(backend, loaded.Weights));
        Assert.Equal(
            TinyGlow.Read(backend, whole.AveragedWeights), TinyGlow.Read(backend, resumed.AveragedWeights));
    }

    [Fact]
    public void Resuming_with_another_seed_or_batch_is_refused()
    {
        using TemporaryFolder folder = new();
        using CpuBackend backend = new(1);
        using Model model = Model.Create(TinyGlow.Config(TinyGlow.Options()), backend, 1);
        using Trainer trainer = TinyGlow.Train(model, _options, 1);
        trainer.SaveState(folder.File("training.safetensors"));
        foreach (TrainerOptions other in new[] { _options with { Seed = 5 }, _options with { Batch = 8 } })
        {
            using Trainer stranger = new(model, TinyGlow.Digits, other);
            FlowException error = Assert.Throws<FlowException>(
                () => stranger.Resume(folder.File("training.safetensors")));
            Assert.Equal(FlowErrorKind.InvalidArgument, error.Kind);
        }
    }

    [Fact]
    public void Initialization_normalizes_and_is_not_repeated_after_loading()
    {
        using TemporaryFolder folder = new();
        using CpuBackend backend = new(2);
        using Model model = Model.Create(TinyGlow.Config(TinyGlow.Options()), backend, 1);
        using Trainer trainer = TinyGlow.Train(model, _options with { Batch = 64 }, 0);
        Assert.Throws<FlowException>(trainer.Initialize);
        using LayerWalk walk = new(model.Flow, model.Context, 64);
        BatchLoader loader = new(backend, TinyGlow.Digits, [], _options with { Batch = 64 });
        using StepInput input = backend.CreateStepInput(64, model.Flow.Dims);
        input.Send(loader.Load(0, input, default), 0);
        backend.Dequantize(input, TinyGlow.Digits.Bins, walk.Input);
        using DeviceBuffer statistics = backend.Allocate(2 * 64);
        walk.Run(initialize: false, (layer, in _, input, _, y) =>
        {
            if (layer is ActNorm)
            {
                BufferView mean = statistics.View.Slice(0, input.Channels);
                BufferView deviation = statistics.View.Slice(64, input.Channels);
                backend.ActNormStatistics(input, y, mean, deviation);
                Assert.All(TinyGlow.Read(backend, mean), value => Assert.InRange(value, -1e-3, 1e-3));
                Assert.All(TinyGlow.Read(backend, deviation), value => Assert.InRange(value, 0.999, 1.001));
            }

            return true;
        });

        trainer.SaveModel(folder.File("model.safetensors"));
        using Model loaded = Model.Load(folder.File("model.safetensors"), backend);
        using Trainer second = new(loaded, TinyGlow.Digits, _options with { Seed = 77 });
        Assert.Throws<FlowException>(second.Initialize);
        Assert.Equal(TinyGlow.Read(backend, model.Weights), TinyGlow.Read(backend, loaded.Weights));
    }

    [Fact]
    public void A_step_that_is_not_finite_is_skipped_and_names_the_layer()
    {
        using CpuBackend backend = new(2);
        using Model model = TinyGlow.Perturbed(backend, TinyGlow.Options());
        using Trainer trainer = TinyGlow.Train(model, _options, 2);
        Parameter bias = model.Flow.Parameters.All.Single(p => p.Name == "levels.1.steps.0.actnorm.bias");
        backend.Fill(bias.In(model.Weights), double.NaN);
        double[] before = TinyGlow.Read(backend, model.Weights);
        StepResult step = trainer.Step();
        Assert.True(step.WasSkipped);
        Assert.Equal(1, trainer.Skipped);
        Assert.Equal("levels.1.steps.0.actnorm", trainer.SkippedBecause);
        Assert.Equal(before, TinyGlow.Read(backend, model.Weights));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_epoch_begins_without_managed_memory(bool flip)
    {
        using CpuBackend backend = new(2);
        using Model model = TinyGlow.Perturbed(backend, TinyGlow.Options());
        using Trainer trainer = TinyGlow.Train(model, _options with { Batch = 128, Flip = flip }, 5);
        Assert.InRange(trainer.UpdatesPerEpoch, 2, SteadyAllocation.Repeats);
        Assert.Equal(0, SteadyAllocation.Of(() => trainer.Step()));
    }

    [Theory]
    [InlineData(MemoryMode.Store)]
    [InlineData(MemoryMode.Invert)]
    public void A_steady_step_allocates_no_managed_memory(MemoryMode memory)
    {
        using CpuBackend backend = new(2);
        using Model model = TinyGlow.Perturbed(backend, TinyGlow.Options());
        using Trainer trainer = TinyGlow.Train(model, _options with { Memory = memory }, 5);
        Assert.Equal(0, SteadyAllocation.Of(() => trainer.Step()));
    }

    [Fact]
    public void Memory_of_invert_does_not_grow_with_depth()
    {
        using CpuBackend backend = new(1);
        long[] activations = [.. new[] { 2, 16 }.Select(steps =>
        {
            using Model model = Model.Create(TinyGlow.Config(TinyGlow.Options(steps: steps)), backend, 1);
            return model.PlanMemory(16, MemoryMode.Invert)
                .Where(part => part.Name is not ("weights" or "affine maps" or "gradients, moments and moving average"))
                .Sum(part => part.Bytes);
        })];
        Assert.Equal(activations[0], activations[1]);
    }

    [Fact]
    public void Data_of_another_shape_are_refused()
    {
        using CpuBackend backend = new(1);
        using Model model = Model.Create(TinyGlow.Config(TinyGlow.Options(height: 16, width: 16)), backend, 1);
        FlowException error = Assert.Throws<FlowException>(() => new Trainer(model, TinyGlow.Digits, _options));
        Assert.Contains("16x16x1", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.PositiveInfinity)]
    public void Learning_rates_that_are_not_positive_are_refused(double rate) =>
        Assert.Throws<FlowException>((_options with { Rate = rate }).Validate);
}
