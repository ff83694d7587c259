using FlowEngine.Architecture;
using FlowEngine.Data;
using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Kernels.Reference;
using FlowEngine.Likelihood;
using FlowEngine.Models;
using FlowEngine.Tensors;
using FlowEngine.Tests.Checkpoints;
using FlowEngine.Tests.Training;
using FlowEngine.Training;

using Xunit;

namespace FlowEngine.Tests.Models;

/// <summary>Models whose distribution depends on a class or on numbers.</summary>
public sealed class ConditionalModelTests
{
    private static readonly TrainerOptions _training = new() { Batch = 12, WarmupSamples = 0, Seed = 4 };

    public static TheoryData<IModelOptions> Models => new()
    {
        TinyGlow.Options() with { Condition = Classes(ConditionInto.Prior) },
        TinyGlow.Options(GlowPreset.Rosinality) with { Condition = Numbers(ConditionInto.Prior) },
        TinyGlow.Options() with { Condition = Classes(ConditionInto.Both) },
        TinyRealNvp.Options() with { Condition = Classes(ConditionInto.Prior) },
        TinyVectors.Maf(columns: 19, hidden: 40) with { Condition = Classes(ConditionInto.Networks) },
        TinyVectors.Maf(columns: 2, hidden: 3, mixing: Mixing.Lu) with { Condition = Numbers(ConditionInto.Both) },
        TinyVectors.Iaf(columns: 19, hidden: 40) with { Condition = Numbers(ConditionInto.Both) },
        TinyVectors.Nice(columns: 5) with { Condition = Classes(ConditionInto.Networks) },
        TinyVectors.DenseGlow(columns: 19, hidden: 40) with { Condition = Classes(ConditionInto.Both) },
        TinyVectors.Nsf(columns: 19, hidden: 40) with { Condition = Numbers(ConditionInto.Both) },
        TinyVectors.Nsf(autoregressive: true) with { Condition = Classes(ConditionInto.Networks) },
    };

    [Theory]
    [MemberData(nameof(Models))]
    public void LogProb_is_the_same_bits_for_any_batch_size_position_and_thread_count(IModelOptions options)
    {
        using CpuBackend backend = new(2);
        using Model model = TinyGlow.Perturbed(backend, options);
        float[] images = TinyGlow.Images(model.Flow, 37);
        float[] conditions = TinyGlow.Conditions(options, 37);
        double[] expected = model.LogProb(images, conditions);
        float[] samples = model.Sample(37, 0.8, seed: 3, condition: conditions);
        int dims = model.Flow.Dims;
        int length = model.Flow.ConditionLength;
        Assert.All(expected, value => Assert.True(double.IsFinite(value)));
        Assert.NotEqual(expected[0], model.LogProb(images, conditions.AsSpan(length, length))[0]);
        for (int i = 0; i < 37; i += 9)
        {
            float[] condition = conditions[(i * length)..((i + 1) * length)];
            Assert.Equal(expected[i], model.LogProb(images.AsSpan(i * dims, dims), condition).Single());

            // One condition may stand for that of all.
            Assert.Equal(expected[i], model.LogProb(images, condition)[i]);
        }

        using CpuBackend other = new(3);
        using Model same = TinyGlow.Perturbed(other, options);
        same.BatchSize = 5;
        Assert.Equal(expected, same.LogProb(images, conditions));
        Assert.Equal(samples[..(5 * dims)], same.Sample(5, 0.8, seed: 3, condition: conditions.AsSpan(0, 5 * length)));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Inverse_gives_the_data_back_under_the_same_condition(IModelOptions options)
    {
        using CpuBackend backend = new(2);
        using Model model = TinyGlow.Perturbed(backend, options);
        float[] images = TinyGlow.Images(model.Flow, 7);
        float[] conditions = TinyGlow.Conditions(options, 7);
        float[] back = model.Inverse(model.Forward(images, conditions), conditions);
        double error = images.Zip(back, (a, b) => (double)Math.Abs(a - b)).Max();
        Assert.True(error <= 1e-4, $"off by {error}");
        model.Standardize(images, out double[] logProb, conditions);
        Assert.Equal(model.LogProb(images, conditions), logProb);
        Assert.All(model.CheckInvertibility(images, conditions), layer => Assert.InRange(layer.RoundTripError, 0, 1e-4));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void It_starts_as_the_model_without_a_condition(IModelOptions options)
    {
        using CpuBackend backend = new(2);
        using Model model = Model.Create(TinyGlow.Config(options), backend, 1);
        float[] images = TinyGlow.Images(model.Flow, 6);
        model.Initialize(images, TinyGlow.Conditions(options, 6));
        using Model plain = Model.Create(TinyGlow.Config(Unconditional(options)), backend, 1);
        foreach (Parameter parameter in plain.Flow.Parameters.All)
        {
            // What networks read of the condition has no effect before their last layers leave zero.
            Parameter same = model.Flow.Parameters.All.First(candidate => candidate.Name == parameter.Name);
            double[] values = TinyGlow.Read(backend, model.Context.Value(same));
            if (values.Length == parameter.Length)
            {
                backend.Write(values, plain.Context.Value(parameter));
            }
        }

        plain.MarkInitialized();
        plain.Invalidate();
        double[] expected = plain.LogProb(images);
        double[] actual = model.LogProb(images, TinyGlow.Conditions(options, 6));
        Assert.All(expected.Zip(actual), pair =>
            Assert.True(Math.Abs(pair.First - pair.Second) <= 1e-5 * Math.Abs(pair.First), $"{pair}"));
    }

    [Fact]
    public void Densities_under_every_class_are_those_under_each()
    {
        using CpuBackend backend = new(2);
        foreach (ConditionInto into in Enum.GetValues<ConditionInto>())
        {
            using Model model = TinyGlow.Perturbed(backend, TinyGlow.Options() with { Condition = Classes(into) });
            model.BatchSize = 4;
            float[] images = TinyGlow.Images(model.Flow, 9);
            byte[] levels = model.Quantize(images);
            double[] all = model.ClassLogProb(images);
            double[] ofLevels = model.ClassLogProb(levels, seed: 7, firstIndex: 3);
            for (int c = 0; c < 3; c++)
            {
                float[] condition = model.Config.Options.Condition!.OneHot([c]);
                Assert.Equal(model.LogProb(images, condition), all.Where((_, i) => i % 3 == c));
                Assert.Equal(model.LogProb(levels, 7, 3, condition), ofLevels.Where((_, i) => i % 3 == c));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Training_resumes_with_the_same_bits_and_both_memory_modes_agree(IModelOptions options)
    {
        using TemporaryFolder folder = new();
        using CpuBackend backend = new(2);
        using Model straight = Model.Create(TinyGlow.Config(options), backend, 1);
        straight.Initialize(TinyGlow.Images(straight.Flow, 12), TinyGlow.Conditions(options, 12));
        using Trainer whole = new(straight, _training with { Memory = MemoryMode.Store });
        Steps(whole, 0, 3);
        whole.SaveModel(folder.File("model.safetensors"));
        whole.SaveState(folder.File("training.safetensors"));
        StepResult[] expected = Steps(whole, 3, 4);

        using CpuBackend other = new(3);
        using Model loaded = Model.Load(folder.File("model.safetensors"), other);
        Assert.Equal(straight.Config.Options, loaded.Config.Options);
        using Trainer resumed = new(loaded, _training with { Memory = MemoryMode.Store });
        resumed.Resume(folder.File("training.safetensors"));
        Assert.Equal(expected, Steps(resumed, 3, 4));

        using Model again = Model.Load(folder.File("model.safetensors"), other);
        using Trainer inverted = new(again, _training with { Memory = MemoryMode.Invert });
        inverted.Resume(folder.File("training.safetensors"));
        Assert.All(expected.Zip(Steps(inverted, 3, 4)), pair =>
            Assert.True(Math.Abs(pair.First.BitsPerDim - pair.Second.BitsPerDim) <= 1e-4, $"{pair}"));
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
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_steady_step_allocates_no_managed_memory(IModelOptions options)
    {
        using CpuBackend backend = new(2);
        using Model model = TinyGlow.Perturbed(backend, options);
        using Trainer trainer = new(model, _training);
        float[] images = TinyGlow.Images(model.Flow, _training.Batch);
        float[] conditions = TinyGlow.Conditions(options, _training.Batch);
        trainer.Step(images, conditions);
        Assert.Equal(0, SteadyAllocation.Of(() => trainer.Step(images, conditions)));
    }

    [Fact]
    public void A_class_conditional_Glow_learns_to_tell_digits_apart()
    {
        using CpuBackend backend = new(2);
        GlowOptions options = TinyGlow.Options(hidden: 16) with
        {
            Condition = new ConditionOptions(10, IsClass: true, ConditionInto.Prior),
        };
        ModelConfig config = TinyGlow.Config(options);
        ImageDataset digits = TinyGlow.Digits;
        config = config with
        {
            Data = config.Data! with { Classes = DataClasses.Of(digits.Labels, [], digits.ClassNames, digits.Name) },
        };
        using Model model = Model.Create(config, backend, 1);
        TrainerOptions training = _training with { Batch = 64, Rate = 2e-3 };
        using Trainer trainer = TinyGlow.Train(model, training, 250);
        ClassEvaluation evaluation = ClassEvaluation.Run(model, TinyGlow.Digits.Take(300), seed: 1);
        Assert.True(evaluation.Accuracy >= 0.6, $"{evaluation.Accuracy}");
        Assert.Equal(300, evaluation.Classes.Sum(part => part.Data.Length));
        double given = Evaluation.Run(
            model, TinyGlow.Digits.Take(300), 1, cancel: TestContext.Current.CancellationToken).Nats;
        Assert.Equal(given, evaluation.LogProb.Average(), 1e-6);
        Assert.All(
            evaluation.Posteriors.Chunk(10), row => Assert.Equal(1, row.Sum(), 1e-9));
        byte[] levels = [.. Enumerable.Range(0, 300).SelectMany(i => digits[i].ToArray())];
        ImageDataset unlabelled = ImageDataset.Of("unlabelled", levels, 8, 8, 1, digits.Bins);
        Assert.Equal(evaluation.Answers, ClassEvaluation.Predict(model, unlabelled, seed: 1).Answers);

        // The same noise makes another image of another class.
        float[] zero = model.Sample(1, 0.7, 1, condition: options.Condition.OneHot([0]));
        float[] one = model.Sample(1, 0.7, 1, condition: options.Condition.OneHot([1]));
        Assert.NotEqual(zero, one);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_condition_that_is_missing_or_does_not_fit_is_one_clear_error(IModelOptions options)
    {
        using CpuBackend backend = new(1);
        using Model model = TinyGlow.Perturbed(backend, options);
        using Model plain = TinyGlow.Perturbed(backend, Unconditional(options));
        float[] images = TinyGlow.Images(model.Flow, 4);
        int length = model.Flow.ConditionLength;
        AssertRefused(() => model.LogProb(images));
        AssertRefused(() => model.LogProb(images, new float[(4 * length) + 1]));
        AssertRefused(() => model.LogProb(images, new float[2 * length]));
        AssertRefused(() => model.Forward(images));
        AssertRefused(() => model.Sample(2, 1, 1));
        AssertRefused(() => model.Inverse(plain.Forward(images)));
        AssertRefused(() => plain.LogProb(images, new float[4 * length]));
        AssertRefused(() => plain.ClassLogProb(images));
        using Trainer trainer = new(model, _training with { Batch = 4 });
        AssertRefused(() => trainer.Step(images));
        using Tape tape = new(model, 4, null);
        AssertRefused(() => tape.Forward(images, new double[4]));
        AssertRefused(() => options.Condition!.OneHot([options.Condition.IsClass ? 3 : 0]));
        AssertRefused(() => options.Condition!.OneHot([-1]));
    }

    [Fact]
    public void A_condition_that_a_model_cannot_take_is_refused()
    {
        FlowException error = Assert.Throws<FlowException>(
            () => (TinyVectors.Nice() with { Condition = Classes(ConditionInto.Both) }).Build());
        Assert.Equal(FlowErrorKind.Unsupported, error.Kind);
        error = Assert.Throws<FlowException>(
            () => (TinyRealNvp.Options() with { Condition = Classes(ConditionInto.Networks) }).Build());
        Assert.Equal(FlowErrorKind.Unsupported, error.Kind);
        AssertRefused(() => (TinyVectors.Maf() with { Condition = new(1, true, ConditionInto.Prior) }).Build());
        AssertRefused(() => (TinyGlow.Options() with { Condition = new(0, false, ConditionInto.Prior) }).Build());

        // Digits have ten classes, the model three.
        using CpuBackend backend = new(1);
        using Model model = TinyGlow.Perturbed(
            backend, TinyGlow.Options() with { Condition = Classes(ConditionInto.Prior) });
        AssertRefused(() => TinyGlow.Train(model, _training, 0).Dispose());
    }

    [Fact]
    public void A_checkpoint_whose_classes_do_not_fit_is_refused()
    {
        ModelConfig config = TinyGlow.Config(TinyGlow.Options() with { Condition = Classes(ConditionInto.Prior) });
        DataClasses classes = new(3, ["cat", "dog", "7"], [4, 5, 6]);
        string json = (config with { Data = config.Data! with { Classes = classes } }).ToJson();
        DataClasses read = ModelConfig.Parse(json, "test").Classes;
        Assert.Equal([4, 5, 6], read.Counts!);
        Assert.Equal(["cat", "dog", "7"], read.Names!);
        Assert.Equal(config.Options, ModelConfig.Parse(json, "test").Options);
        AssertBad((config with { Data = config.Data with { Classes = new DataClasses(2, null, [4, 5]) } }).ToJson());
        AssertBad(json.Replace("\"count\": 5", "\"count\": -5", StringComparison.Ordinal));
        AssertBad(json.Replace("\"dog\"", "\"cat\"", StringComparison.Ordinal));
        AssertBad(json.Replace("\"prior\"", "\"both halves\"", StringComparison.Ordinal));

        static void AssertBad(string json) =>
            Assert.Equal(
                FlowErrorKind.BadFormat, Assert.Throws<FlowException>(() => ModelConfig.Parse(json, "test")).Kind);
    }

    private static ConditionOptions Classes(ConditionInto into) => new(3, IsClass: true, into);

    private static ConditionOptions Numbers(ConditionInto into) => new(2, IsClass: false, into);

    private static IModelOptions Unconditional(IModelOptions options) => options switch
    {
        GlowOptions glow => glow with { Condition = null },
        VectorOptions vector => vector with { Condition = null },
        RealNvpOptions realNvp => realNvp with { Condition = null },
        _ => throw new ArgumentException("a kind that the test does not know", nameof(options)),
    };

    private static void AssertRefused(Action action)
    {
        FlowException error = Assert.Throws<FlowException>(action);
        Assert.Equal(FlowErrorKind.InvalidArgument, error.Kind);
        Assert.DoesNotContain('\n', error.Message);
    }

    private static StepResult[] Steps(Trainer trainer, int first, int count) =>
        [.. Enumerable.Range(first, count).Select(step => trainer.Step(
            TinyGlow.Images(trainer.Model.Flow, trainer.Options.Batch, (ulong)step),
            TinyGlow.Conditions(trainer.Model.Config.Options, trainer.Options.Batch)))];
}
