using FlowEngine.Architecture;
using FlowEngine.Data;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Layers;
using FlowEngine.Likelihood;
using FlowEngine.Models;
using FlowEngine.Tests.Models;
using FlowEngine.Training;

using Xunit;

namespace FlowEngine.Tests.Training;

/// <summary>Images, rows and data of a caller's own go through one contract.</summary>
public sealed class DatasetTests
{
    private const int Count = 150;

    private static readonly TrainerOptions _options = new() { Batch = 16, WarmupSamples = 0, Seed = 3 };

    private static readonly AutoregressiveOptions _maf = new()
    {
        Direction = AutoregressiveDirection.Density,
        Channels = 2,
        Blocks = 2,
        Hidden = 8,
        HiddenLayers = 1,
    };

    [Fact]
    public void Rows_of_a_caller_train_to_the_bits_of_a_table()
    {
        (float[] weights, double[] logProb) = Train(Table());
        (float[] own, double[] ownLogProb) = Train(new Parabola());
        Assert.Equal(weights, own);
        Assert.Equal(logProb, ownLogProb);
        Assert.Equal(1, logProb[0] - Train(Table() with { LogDet = new double[Count] }).LogProb[0], 1e-12);
    }

    [Fact]
    public void Arrays_in_memory_train_as_README_shows()
    {
        byte[] pixels = [.. Enumerable.Range(0, 200).SelectMany(i => TinyGlow.Digits[i].ToArray())];

        GlowOptions sizes = new()
        {
            Height = 8,
            Width = 8,
            Channels = 1,
            Levels = 2,
            Steps = 4,
            Hidden = 32,
            Bins = 17,
        };
        using CpuBackend device = new(2);
        using Model model = Model.Create(ModelConfig.New(sizes), device, seed: 1);
        ImageDataset images = ImageDataset.Of("mine", pixels, height: 8, width: 8, channels: 1, bins: 17);
        using Trainer trainer = new(model, images, new TrainerOptions { Batch = 32 });
        trainer.Train(10 * trainer.UpdatesPerEpoch, cancel: TestContext.Current.CancellationToken);
        using Model trained = trainer.Snapshot();
        double bits = Evaluation.Run(trained, images, cancel: TestContext.Current.CancellationToken).BitsPerDim;

        Assert.Equal(10 * trainer.UpdatesPerEpoch * 32, trainer.Samples);
        Assert.InRange(bits, 1, 5);
        Assert.Throws<FlowException>(() => ImageDataset.Of("mine", pixels.AsSpan(1), 8, 8, 1));
        Assert.Throws<FlowException>(() => ScaledTable.Of("mine", new float[5], 2));
        FlowException error = Assert.Throws<FlowException>(() => ScaledTable.Of("mine", [1, 2, 3, float.NaN], 2));
        Assert.Contains("mine: row 1, column 1 holds NaN", error.Message, StringComparison.Ordinal);
        using CancellationTokenSource stop = new();
        trainer.Train(5, _ => stop.Cancel(), stop.Token);
        Assert.Equal((10 * trainer.UpdatesPerEpoch) + 1, trainer.Updates);
    }

    [Fact]
    public void A_steady_step_on_a_table_allocates_no_managed_memory()
    {
        using CpuBackend backend = new(2);
        using Model model = Model.Create(TinyGlow.Config(_maf), backend, 1);
        using Trainer trainer = new(model, Table(), _options);
        trainer.Initialize();
        Assert.Equal(0, SteadyAllocation.Of(() => trainer.Step()));
    }

    [Fact]
    public void What_does_not_fit_is_refused_in_the_words_of_the_data()
    {
        using CpuBackend backend = new(1);
        using Model rows = Model.Create(TinyGlow.Config(_maf), backend, 1);
        using Model images = Model.Create(TinyGlow.Config(TinyGlow.Options()), backend, 1);
        Refused("flip is for images", () => new Trainer(rows, Table(), _options with { Flip = true }));
        Refused("no rows to train on", () => new Trainer(rows, Table().Take(0), _options));
        Refused("no images to train on", () => new Trainer(images, TinyGlow.Digits.Take(0), _options));
        Refused("no rows to evaluate", () => Evaluation.Run(rows, Table().Take(0)));
        Refused("rows of 2 columns", () => Evaluation.Run(images, Table()));
        Refused("images of 8x8x1", () => AnomalyScores.Of(rows, TinyGlow.Digits, null));

        static void Refused(string says, Func<object> call)
        {
            FlowException error = Assert.Throws<FlowException>(call);
            Assert.Equal(FlowErrorKind.InvalidArgument, error.Kind);
            Assert.Contains(says, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void An_evaluation_gives_bits_and_nats_of_images_and_of_rows()
    {
        double[] logProb = [-3, -5, -4];
        foreach (IDataset data in new IDataset[] { TinyGlow.Digits, Table() })
        {
            Evaluation result = Evaluation.Of(logProb, data);
            double bits = ((data.Dims * Math.Log(data.Bins ?? 1)) + 4) / (data.Dims * Math.Log(2));
            Assert.Equal(bits, result.BitsPerDim, 1e-12);
            Assert.Equal(-4, result.Nats, 1e-12);
            Assert.Equal(Math.Sqrt(1.0 / 3), result.NatsStandardError, 1e-12);
            Assert.Equal(
                result.NatsStandardError / (data.Dims * Math.Log(2)), result.BitsPerDimStandardError, 1e-12);
        }
    }

    private static (float[] Weights, double[] LogProb) Train(IDataset data)
    {
        using CpuBackend backend = new(2);
        using Model model = Model.Create(TinyGlow.Config(_maf), backend, 1);
        using Trainer trainer = new(model, data, _options);
        trainer.Initialize();
        for (int i = 0; i < 2 * trainer.UpdatesPerEpoch; i++)
        {
            Assert.False(trainer.Step().WasSkipped);
        }

        float[] weights = [.. TinyGlow.Read(backend, model.Weights).Select(value => (float)value)];
        return (weights, Evaluation.LogProb(model, data));
    }

    private static ScaledTable Table()
    {
        Parabola data = new();
        float[] values = new float[Count * 2];
        data.Fill([.. Enumerable.Range(0, Count)], [], values);
        return new ScaledTable(data.Name, values, data.LogDet, 2);
    }

    /// <summary>Rows that are computed when they are asked for.</summary>
    private sealed class Parabola : IDataset
    {
        public string Name => "parabola";

        public int Count => DatasetTests.Count;

        public int Dims => 2;

        public int? Bins => null;

        public SampleUnit Unit => SampleUnit.Row;

        public int[]? Labels => null;

        public float[]? Conditions => null;

        public double[] LogDet { get; } = [.. Enumerable.Repeat(1.0, DatasetTests.Count)];

        public void RequireFits(IModelOptions model) => Assert.Equal(2, model.Dims);

        public void Fill(ReadOnlySpan<int> indices, Span<byte> levels, Span<float> values)
        {
            for (int i = 0; i < indices.Length; i++)
            {
                float x = ((float)indices[i] / Count * 4) - 2;
                values[2 * i] = x;
                values[(2 * i) + 1] = (x * x) - 1 + (0.1f * (indices[i] % 7));
            }
        }

        public IDataset Take(int count) => throw new NotSupportedException();
    }
}
