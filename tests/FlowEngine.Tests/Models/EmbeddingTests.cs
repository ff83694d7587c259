using FlowEngine.Architecture;
using FlowEngine.Execution;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Models;
using FlowEngine.Tensors;
using FlowEngine.Training;

using Xunit;

namespace FlowEngine.Tests.Models;

/// <summary>What programs that embed the engine use: memory for files, batches of their own, gradients.</summary>
public sealed class EmbeddingTests
{
    private static readonly TrainerOptions _options = new() { Batch = 4, WarmupSamples = 0, Seed = 2 };

    [Fact]
    public void A_checkpoint_goes_through_memory()
    {
        using CpuBackend backend = new(2);
        using Model model = TinyGlow.Perturbed(backend, TinyGlow.Options());
        using MemoryStream stream = new();
        model.Save(stream);
        stream.Position = 0;
        using Model loaded = Model.Load(stream, backend, "memory");
        float[] images = TinyGlow.Images(model.Flow, 3);
        Assert.Equal(model.LogProb(images), loaded.LogProb(images));
        stream.SetLength(stream.Length - 1);
        stream.Position = 0;
        FlowException error = Assert.Throws<FlowException>(() => Model.Load(stream, backend, "memory"));
        Assert.Equal(FlowErrorKind.BadFormat, error.Kind);
        Assert.StartsWith("memory: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Samples_can_begin_anywhere()
    {
        using CpuBackend backend = new(2);
        using Model model = TinyGlow.Perturbed(backend, TinyGlow.Options());
        Assert.Equal(
            model.Sample(5, 0.7, seed: 3)[(2 * model.Flow.Dims)..], model.Sample(3, 0.7, seed: 3, firstIndex: 2));
    }

    [Fact]
    public void Dequantized_levels_have_the_log_probability_of_the_levels()
    {
        using CpuBackend backend = new(2);
        using Model model = TinyGlow.Perturbed(backend, TinyGlow.Options());
        byte[] levels = [.. Enumerable.Range(0, 3 * model.Flow.Dims).Select(i => (byte)(i % 17))];
        Assert.Equal(model.LogProb(levels, seed: 4), model.LogProb(model.Dequantize(levels, seed: 4)));
        levels[model.Flow.Dims] = 17;
        FlowException error = Assert.Throws<FlowException>(() => model.LogProb(levels, seed: 4));
        Assert.Contains("image 1 has the level 17", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Initialization_on_a_batch_normalizes_what_the_first_ActNorm_gives()
    {
        using CpuBackend backend = new(2);
        using Model model = Model.Create(TinyGlow.Config(TinyGlow.Options()), backend, 1);
        float[] images = TinyGlow.Images(model.Flow, 8);
        Assert.Throws<FlowException>(() => model.Initialize([]));
        model.Initialize(images);
        Assert.True(model.Config.IsInitialized);
        Assert.All(model.LogProb(images), value => Assert.True(double.IsFinite(value)));
        Assert.Throws<FlowException>(() => model.Initialize(images));
    }

    [Fact]
    public void Parameters_that_are_read_and_written_back_change_nothing()
    {
        using CpuBackend backend = new(2);
        using Model model = TinyGlow.Perturbed(backend, TinyGlow.Options());
        using Model other = Model.Create(TinyGlow.Config(TinyGlow.Options()), backend, 9);
        float[] images = TinyGlow.Images(model.Flow, 2);
        foreach (bool constants in new[] { false, true })
        {
            ParameterSet parameters = model.Flow.Parameters;
            float[] values = new float[constants ? parameters.ConstantLength : parameters.Length];
            model.ReadParameters(values, constants);
            other.WriteParameters(values, constants);
            Assert.Throws<FlowException>(() => model.ReadParameters(values.AsSpan(1), constants));
            values[0] = float.NaN;
            Assert.Throws<FlowException>(() => other.WriteParameters(values, constants));
        }

        Assert.Equal(model.LogProb(images), other.LogProb(images));
    }

    [Fact]
    public void File_strides_find_in_memory_what_the_file_order_says()
    {
        using CpuBackend backend = new(2);
        using Model model = TinyGlow.Perturbed(backend, TinyGlow.Options());
        Parameter weight = model.Flow.Parameters.All.Single(p => p.Name == "levels.0.steps.0.coupling.conv1.weight");
        double[] memory = [.. Enumerable.Range(0, weight.Length).Select(i => (double)i)];
        double[] file = weight.ToFile(memory);
        (long[] shape, long[] strides) = (weight.FileShape, weight.FileStrides);
        long at = (1 * strides[0]) + (1 * strides[1]) + (2 * strides[2]) + (1 * strides[3]);
        long inFile = (((((1 * shape[1]) + 1) * shape[2]) + 2) * shape[3]) + 1;
        Assert.Equal(file[inFile], memory[at]);
    }

    [Theory]
    [InlineData(MemoryMode.Store)]
    [InlineData(MemoryMode.Invert)]
    public void The_gradients_of_a_tape_are_those_of_training(MemoryMode memory)
    {
        using CpuBackend backend = new(2);
        using Model model = TinyGlow.Perturbed(backend, TinyGlow.Options());
        float[] images = TinyGlow.Images(model.Flow, 4);
        using Tape tape = new(model, 4, memory);
        double[] logProb = new double[4];
        tape.Forward(images, logProb);
        Assert.Equal(model.LogProb(images), logProb);
        double scale = -1 / (4 * model.Flow.Dims * Math.Log(2));
        float[] gradients = new float[tape.ParametersLength];
        tape.Backward([scale, scale, scale, scale], [], gradients);
        Assert.Throws<FlowException>(() => tape.Backward([scale, scale, scale, scale], [], gradients));

        using Trainer trainer = new(model, _options with { Memory = memory });
        trainer.Step(images);
        Assert.Equal(TinyGlow.Read(backend, trainer.Gradients), gradients.Select(value => (double)value));

        tape.Forward(images, logProb);
        trainer.Step(images);
        FlowException error = Assert.Throws<FlowException>(() => tape.Backward([1, 1, 1, 1], [], gradients));
        Assert.Contains("have changed", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_trainer_that_is_handed_its_batches_learns_and_keeps_its_rate()
    {
        using CpuBackend backend = new(2);
        using Model model = Model.Create(TinyGlow.Config(TinyGlow.Options()), backend, 1);
        float[] images = TinyGlow.Images(model.Flow, 4);
        using Trainer trainer = new(model, _options);
        Assert.Throws<FlowException>(() => trainer.Step(images));
        model.Initialize(images);
        double first = trainer.Step(images).BitsPerDim;
        trainer.SetRate(0.005);
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(0.005, trainer.Step(images).Rate);
        }

        Assert.True(trainer.Last.BitsPerDim < first, $"{first} to {trainer.Last.BitsPerDim}");
        Assert.Equal(21, trainer.Updates);
        Assert.Throws<FlowException>(() => trainer.Step(images.AsSpan(1)));
        Assert.Throws<FlowException>(() => trainer.SetRate(0));
        Assert.Throws<FlowException>(() => trainer.Step());
        byte[] levels = new byte[4 * model.Flow.Dims];
        Assert.NotEqual(trainer.Step(levels).BitsPerDim, trainer.Step(levels).BitsPerDim);
        levels[3] = 17;
        Assert.Throws<FlowException>(() => trainer.Step(levels));
    }

    [Fact]
    public void A_model_that_cannot_fit_the_memory_is_refused_before_it_is_touched()
    {
        using CpuBackend backend = new(2);
        GlowOptions options = TinyGlow.Options(steps: 4096, hidden: 32768);
        FlowException error = Assert.Throws<FlowException>(() => Model.Create(TinyGlow.Config(options), backend, 1));
        Assert.Equal(FlowErrorKind.OutOfMemory, error.Kind);
    }
}
