using FlowEngine.Architecture;
using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Kernels.Reference;
using FlowEngine.Likelihood;
using FlowEngine.Models;
using FlowEngine.Priors;
using FlowEngine.Tensors;
using FlowEngine.Tests.Checkpoints;
using FlowEngine.Tests.Training;
using FlowEngine.Training;

using Xunit;

namespace FlowEngine.Tests.Models;

/// <summary>MAF, IAF, NICE, dense Glow and RealNVP as whole models: those whose layers run one by one.</summary>
public sealed class VectorModelTests
{
    private static readonly TrainerOptions _training = new() { Batch = 24, WarmupSamples = 0, Seed = 4 };

    public static TheoryData<IModelOptions> Models => new()
    {
        TinyVectors.Maf(columns: 19, hidden: 40, batchNorm: true),
        TinyVectors.Maf(columns: 2, hidden: 3, hiddenLayers: 1, mixing: Mixing.Lu),
        TinyVectors.Iaf(columns: 19, hidden: 40, mixing: Mixing.Random),
        TinyVectors.Iaf(columns: 3, hiddenLayers: 1, batchNorm: true),
        TinyVectors.Nice(columns: 19, hidden: 40),
        TinyVectors.Nice(columns: 2, prior: PriorKind.Gaussian),
        TinyVectors.DenseGlow(columns: 19, hidden: 40),
        TinyVectors.DenseGlow(columns: 3, hiddenLayers: 3),
        TinyVectors.Nsf(columns: 19, hidden: 40),
        TinyVectors.Nsf(columns: 2, hiddenLayers: 1, mixing: Mixing.Reverse, spline: SplineParametrization.Nflows),
        TinyVectors.Nsf(columns: 7, autoregressive: true),
        TinyRealNvp.Options(),
        TinyRealNvp.Options(height: 3, width: 5, channels: 3, levels: 1, hidden: 6, blocks: 2),
    };

    [Theory]
    [MemberData(nameof(Models))]
    public void LogProb_is_the_same_bits_for_any_batch_size_position_and_thread_count(IModelOptions options)
    {
        using CpuBackend backend = new(2);
        using Model model = TinyGlow.Perturbed(backend, options);
        float[] rows = Rows(model.Flow, 37);
        double[] expected = model.LogProb(rows);
        float[] samples = model.Sample(37, 0.8, seed: 3);
        int dims = model.Flow.Dims;
        Assert.All(expected, value => Assert.True(double.IsFinite(value)));
        for (int i = 0; i < 37; i += 9)
        {
            Assert.Equal(expected[i], model.LogProb(rows.AsSpan(i * dims, dims)).Single());
        }

        foreach (int threads in new[] { 1, 3 })
        {
            using CpuBackend other = new(threads);
            using Model same = TinyGlow.Perturbed(other, options);
            Assert.Equal(expected, same.LogProb(rows));
            Assert.Equal(expected[2..20], same.LogProb(rows.AsSpan(2 * dims, 18 * dims)));
            Assert.Equal(samples[..(5 * dims)], same.Sample(5, 0.8, seed: 3));
        }
    }

    [Fact]
    public void A_row_whose_latents_leave_the_range_of_float32_is_infinitely_unlikely()
    {
        using CpuBackend backend = new(1);
        using Model model = TinyGlow.Perturbed(backend, TinyVectors.Maf(columns: 3));
        int dims = model.Flow.Dims;
        float[] rows = Rows(model.Flow, 4);
        double[] expected = model.LogProb(rows);
        rows.AsSpan(dims, dims).Fill(-1e30f);
        rows.AsSpan(2 * dims, dims).Fill(1e30f);
        rows[(3 * dims) + 1] = float.NaN;
        double[] logProb = model.LogProb(rows);
        Assert.Equal(expected[0], logProb[0]);
        Assert.Equal([double.NegativeInfinity, double.NegativeInfinity], logProb[1..3]);
        Assert.Equal(double.NaN, logProb[3]);
        model.Standardize(rows, out double[] alike);
        Assert.Equal(logProb, alike);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Inverse_gives_the_rows_back(IModelOptions options)
    {
        using CpuBackend backend = new(2);
        using Model model = TinyGlow.Perturbed(backend, options);
        float[] rows = Rows(model.Flow, 7);
        float[] back = model.Inverse(model.Forward(rows));
        double error = rows.Zip(back, (a, b) => (double)Math.Abs(a - b)).Max();
        Assert.True(error <= 1e-4, $"off by {error}");
        Assert.Equal(
            model.Flow.Layers.Select(layer => layer.Name),
            model.CheckInvertibility(rows).Select(entry => entry.Name));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Training_is_the_same_bits_for_any_threads_and_resumes_with_them(IModelOptions options)
    {
        using TemporaryFolder folder = new();
        using CpuBackend backend = new(2);
        using Model straight = Model.Create(TinyGlow.Config(options), backend, 1);
        float[] first = Rows(straight.Flow, _training.Batch);
        straight.Initialize(first);
        using Trainer whole = new(straight, _training);
        Steps(whole, 0, 3);
        whole.SaveModel(folder.File("model.safetensors"));
        whole.SaveState(folder.File("training.safetensors"));
        StepResult[] expected = Steps(whole, 3, 6);
        Assert.All(expected, step => Assert.False(step.WasSkipped));

        using CpuBackend other = new(3);
        using Model loaded = Model.Load(folder.File("model.safetensors"), other);
        Assert.Equal(straight.Config.ToJson(), loaded.Config.ToJson());
        Assert.Throws<FlowException>(() => loaded.Initialize(first));
        using Trainer resumed = new(loaded, _training);
        resumed.Resume(folder.File("training.safetensors"));
        Assert.Equal(expected, Steps(resumed, 3, 6));
        Assert.Equal(TinyGlow.Read(backend, straight.Weights), TinyGlow.Read(other, loaded.Weights));
        Assert.Equal(TinyGlow.Read(backend, straight.Constants), TinyGlow.Read(other, loaded.Constants));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Gradients_of_store_and_invert_agree(IModelOptions options)
    {
        using CpuBackend backend = new(2);
        double[][] gradients = [.. new[] { MemoryMode.Store, MemoryMode.Invert }.Select(memory =>
        {
            using Model model = TinyGlow.Perturbed(backend, options);
            using Trainer trainer = new(model, _training with { Memory = memory });
            Steps(trainer, 0, 1);
            return TinyGlow.Read(backend, trainer.Gradients);
        })];
        double difference = Math.Sqrt(gradients[0].Zip(gradients[1], (a, b) => (a - b) * (a - b)).Sum());
        double norm = Math.Sqrt(gradients[0].Sum(g => g * g));
        Assert.True(difference <= 1e-4 * norm, $"off by {difference} of {norm}");
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Twenty_steps_lose_the_same_on_the_CPU_and_on_the_double_reference(IModelOptions options)
    {
        using CpuBackend cpu = new(2);
        using ReferenceBackend<double> reference = new();
        double[][] losses = [.. new IBackend[] { cpu, reference }.Select(backend =>
        {
            using Model model = TinyGlow.Perturbed(backend, options);
            using Trainer trainer = new(model, _training);
            return Steps(trainer, 0, 20).Select(step => step.BitsPerDim).ToArray();
        })];
        Assert.All(losses[0].Zip(losses[1]), pair =>
            Assert.True(Math.Abs(pair.First - pair.Second) <= 1e-4, $"{pair.First} and {pair.Second}"));

        // Every step has rows of its own: a single one says little.
        Assert.True(losses[0][15..].Average() < losses[0][..5].Average());
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_steady_step_allocates_no_managed_memory(IModelOptions options)
    {
        using CpuBackend backend = new(2);
        using Model model = TinyGlow.Perturbed(backend, options);
        foreach (MemoryMode memory in new[] { MemoryMode.Store, MemoryMode.Invert })
        {
            using Trainer trainer = new(model, _training with { Memory = memory });
            float[] rows = Rows(model.Flow, _training.Batch);
            trainer.Step(rows);
            trainer.Step(rows);
            Assert.Equal(0, SteadyAllocation.Of(() => trainer.Step(rows)));
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_step_that_is_not_finite_is_skipped_and_names_the_layer(IModelOptions options)
    {
        using CpuBackend backend = new(2);
        using Model model = TinyGlow.Perturbed(backend, options);
        using Trainer trainer = new(model, _training);
        Steps(trainer, 0, 2);
        Parameter last = model.Flow.Parameters.All.Last(
            parameter => parameter.Name.EndsWith("layers.0.bias", StringComparison.Ordinal));
        backend.Fill(last.In(model.Weights), double.NaN);
        double[] weights = TinyGlow.Read(backend, model.Weights);
        Assert.True(Steps(trainer, 2, 1)[0].WasSkipped);
        Assert.Equal(last.Name[..last.Name.IndexOf(".layers", StringComparison.Ordinal)], trainer.SkippedBecause);
        Assert.Equal(weights, TinyGlow.Read(backend, model.Weights));
        Assert.All(TinyGlow.Read(backend, model.Constants), value => Assert.True(double.IsFinite(value)));
    }

    [Fact]
    public void Batch_statistics_are_differentiated_through_and_the_running_ones_follow()
    {
        using ReferenceBackend<double> backend = new();
        using Model model = TinyGlow.Perturbed(
            backend, TinyVectors.Maf(columns: 3, hidden: 5, batchNorm: true), amount: 0.3);
        float[] rows = Rows(model.Flow, 6);
        TrainerOptions options = _training with { Batch = 6, EmaDecay = 0, Rate = 1e-12, Clip = 0 };
        using Trainer trainer = new(model, options);
        double[] start = TinyGlow.Read(backend, model.Weights);
        double[] constants = TinyGlow.Read(backend, model.Constants);
        trainer.Step(rows);
        Assert.NotEqual(constants, TinyGlow.Read(backend, model.Constants));
        double[] gradient = TinyGlow.Read(backend, trainer.Gradients);
        for (int i = 0; i < start.Length; i++)
        {
            const double Step = 1e-5;
            double numeric = (Loss(i, Step) - Loss(i, -Step)) / (2 * Step);
            double tolerance = 1e-6 * Math.Max(1, Math.Abs(numeric));
            Assert.True(Math.Abs(numeric - gradient[i]) <= tolerance, $"{numeric} and {gradient[i]} at {i}");
        }

        double Loss(int index, double change)
        {
            double[] moved = [.. start];
            moved[index] += change;
            backend.Write(moved, model.Weights);
            return trainer.Step(rows).BitsPerDim;
        }
    }

    [Fact]
    public void Initialization_sets_the_running_statistics_to_those_of_the_batch()
    {
        using CpuBackend backend = new(2);
        using Model model = Model.Create(TinyGlow.Config(TinyVectors.Maf(blocks: 1, batchNorm: true)), backend, 1);
        float[] rows = [.. Rows(model.Flow, 400).Select(value => 3 + (5 * value))];
        model.Initialize(rows);
        float[] latents = model.Forward(rows)[0];
        for (int d = 0; d < model.Flow.Dims; d++)
        {
            double[] column = [.. Enumerable.Range(0, 400).Select(i => (double)latents[(i * model.Flow.Dims) + d])];
            double mean = column.Average();
            double variance = column.Average(value => (value - mean) * (value - mean));
            Assert.InRange(mean, -1e-4, 1e-4);
            Assert.InRange(variance, 0.999, 1.001);
        }
    }

    [Fact]
    public void Initialization_of_NICE_centers_and_scales_every_column()
    {
        using CpuBackend backend = new(2);
        using Model model = Model.Create(TinyGlow.Config(TinyVectors.Nice()), backend, 1);
        float[] rows = [.. Rows(model.Flow, 400).Select(value => 3 + (5 * value))];
        model.Initialize(rows);
        float[] latents = model.Forward(rows)[0];
        for (int d = 0; d < model.Flow.Dims; d++)
        {
            double[] column = [.. Enumerable.Range(0, 400).Select(i => (double)latents[(i * model.Flow.Dims) + d])];
            Assert.InRange(column.Average(), -1e-4, 1e-4);
            Assert.InRange(column.Average(value => value * value), 0.999, 1.001);
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Options_come_back_from_JSON(IModelOptions options)
    {
        ModelConfig config = TinyGlow.Config(options);
        ModelConfig read = ModelConfig.Parse(config.ToJson(), "test");
        Assert.Equal((config.Options, config.ToJson()), (read.Options, read.ToJson()));
        Assert.Contains(options.Kind.Name, ModelKinds.Names);
    }

    [Fact]
    public void Images_go_through_a_model_of_vectors()
    {
        NiceOptions options = TinyVectors.Nice(columns: 1, hidden: 32) with { Height = 8, Width = 8, Bins = 17 };
        using CpuBackend backend = new(2);
        using Model model = Model.Create(TinyGlow.Config(options), backend, 1);
        using Trainer trainer = TinyGlow.Train(model, _training with { Batch = 64, Rate = 3e-3 }, 400);
        Assert.True(trainer.Last.BitsPerDim < 4.2, $"{trainer.Last.BitsPerDim}");
        Assert.Equal(64, Samples.Draw(model, 1, 1, 1)[0].Length);
        Evaluation evaluation = Evaluation.Run(
            model, TinyGlow.Digits.Take(50), 1, cancel: TestContext.Current.CancellationToken);
        Assert.InRange(evaluation.BitsPerDim, 1, 4.2);
    }

    [Fact]
    public void Continuous_data_have_no_grey_levels()
    {
        using CpuBackend backend = new(1);
        using Model model = TinyGlow.Perturbed(backend, TinyVectors.Maf());
        FlowException error = Assert.Throws<FlowException>(() => model.Quantize(new float[5]));
        Assert.Equal(FlowErrorKind.InvalidArgument, error.Kind);
        Assert.Throws<FlowException>(() => model.LogProb(new byte[5], 1));
        Assert.Throws<FlowException>(() => new Trainer(model, TinyGlow.Digits, _training));
    }

    [Theory]
    [InlineData(0, 1, 1, 1)]
    [InlineData(5, 0, 1, 1)]
    [InlineData(5, 1, 0, 1)]
    [InlineData(5, 1, 1, 0)]
    [InlineData(20000, 1, 1, 1)]
    public void Sizes_that_do_not_fit_are_refused_in_one_line(int columns, int blocks, int hidden, int hiddenLayers)
    {
        IModelOptions[] all =
        [
            TinyVectors.Maf(columns, hidden, hiddenLayers, blocks: blocks),
            TinyVectors.Iaf(columns, hidden, hiddenLayers, blocks: blocks),
            TinyVectors.Nice(columns, hidden, hiddenLayers, blocks: blocks),
            TinyVectors.DenseGlow(columns, hidden, hiddenLayers, blocks),
        ];
        Assert.All(all, options =>
        {
            FlowException error = Assert.Throws<FlowException>(options.Build);
            Assert.Equal(FlowErrorKind.InvalidArgument, error.Kind);
            Assert.DoesNotContain('\n', error.Message);
        });
    }

    /// <summary>Correlated, skewed rows: something to learn. Images lie in [-0.5, 0.5).</summary>
    private static float[] Rows(Flow flow, int count, ulong seed = 5)
    {
        double[] noise = new HostRandom(seed, RandomPurpose.TrainingNoise, 0).Normal(count * flow.Dims);
        for (int i = 1; i < noise.Length; i++)
        {
            noise[i] += i % flow.Dims == 0 ? 0 : (0.5 * noise[i - 1]) + Math.Cos(3 * noise[i - 1]);
        }

        return Array.ConvertAll(
            noise, value => (float)(0.5 * (flow.Height > 1 ? Math.Clamp(0.3 * value, -1, 0.99) : value)));
    }

    private static StepResult[] Steps(Trainer trainer, int first, int count) =>
        [.. Enumerable.Range(first, count).Select(
            step => trainer.Step(Rows(trainer.Model.Flow, trainer.Options.Batch, (ulong)step)))];
}
