using FlowEngine.Architecture;
using FlowEngine.Compression;
using FlowEngine.Data;
using FlowEngine.Kernels;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Kernels.Reference;
using FlowEngine.Likelihood;
using FlowEngine.Models;
using FlowEngine.Tests.Models;
using FlowEngine.Training;
using Xunit;

namespace FlowEngine.Tests.Compression;

public sealed class ImageCompressorTests : IDisposable
{
    private readonly CpuBackend _backend = new(2);

    public static TheoryData<GlowPreset, CouplingKind, int, int, int, int, int> Models => new()
    {
        // Preset, coupling, height, width, channels, levels, bins.
        { GlowPreset.Glow, CouplingKind.Affine, 8, 8, 1, 2, 17 },
        { GlowPreset.Glow, CouplingKind.Additive, 8, 8, 1, 2, 256 },
        { GlowPreset.Rosinality, CouplingKind.Affine, 8, 12, 3, 2, 256 },
        { GlowPreset.Rosinality, CouplingKind.Additive, 4, 4, 2, 1, 2 },
        { GlowPreset.Glow, CouplingKind.Affine, 8, 16, 3, 3, 200 },
        { GlowPreset.Glow, CouplingKind.Affine, 2, 2, 1, 1, 32 },
        { GlowPreset.Glow, CouplingKind.Affine, 10, 6, 1, 1, 255 },
    };

    [Theory]
    [MemberData(nameof(Models))]
    public void Images_come_back(
        GlowPreset preset, CouplingKind coupling, int height, int width, int channels, int levels, int bins)
    {
        using Model model = TinyGlow.Perturbed(
            _backend, TinyGlow.Options(preset, coupling, height, width, channels, levels, bins: bins));
        byte[] images = CompressedFile.Levels(model.Flow, bins, 11);
        foreach (int imagesPerBlock in new[] { 1, 4, 11, 100 })
        {
            byte[] file = CompressedFile.Of(model, images, imagesPerBlock);
            CompressedImages opened = CompressedFile.Open(file);
            Assert.Equal(
                (11, height, width, channels, bins, imagesPerBlock),
                (opened.Count, opened.Height, opened.Width, opened.Channels, opened.Bins, opened.ImagesPerBlock));
            Assert.Equal(images, opened.Read(model));
        }
    }

    [Theory]
    [InlineData(0.1 / 17, 17)]
    [InlineData(0.1 / 256, 256)]
    [InlineData(1.0 / (1 << 19), 256)]
    [InlineData(0.05, 200)]
    public void Images_come_back_from_logits(double margin, int bins)
    {
        using Model model = TinyGlow.Perturbed(_backend, TinyGlow.Options(channels: 2, bins: bins, logitMargin: margin));

        // Levels in the middle, which are likely, so that no block is stored as it is; and both ends, where slopes are largest.
        byte[] images = [.. Enumerable.Range(0, 60 * model.Flow.Dims).Select(i => (byte)((bins / 2) + (i % 5) - 2))];
        images[0] = 0;
        images[1] = (byte)(bins - 1);
        byte[] file = CompressedFile.Of(model, images, 30, out CompressionReport report);
        Assert.Equal(0, report.StoredBlocks);
        Assert.Equal(images, CompressedFile.Read(file, model));
    }

    [Fact]
    public void A_margin_too_small_for_a_code_is_refused()
    {
        using Model model = TinyGlow.Perturbed(_backend, TinyGlow.Options(logitMargin: 1e-6));
        FlowException error = Assert.Throws<FlowException>(
            () => CompressedFile.Of(model, CompressedFile.Levels(model.Flow, 17, 1), 1));
        Assert.Equal(FlowErrorKind.InvalidArgument, error.Kind);
        Assert.Contains("logit", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Images_are_read_by_number()
    {
        using Model model = TinyGlow.Perturbed(_backend, TinyGlow.Options());
        byte[] images = CompressedFile.Levels(model.Flow, 17, 11);
        CompressedImages file = CompressedFile.Open(CompressedFile.Of(model, images, 4));
        for (int first = 0; first <= 11; first++)
        {
            for (int count = 0; first + count <= 11; count++)
            {
                byte[] expected = images[(first * model.Flow.Dims)..((first + count) * model.Flow.Dims)];
                Assert.Equal(expected, file.Read(model, first, count));
            }
        }

        foreach ((int first, int count) in new[] { (0, 12), (11, 1), (-1, 2), (3, -1), (1, int.MaxValue) })
        {
            FlowException error = Assert.Throws<FlowException>(() => file.Read(model, first, count));
            Assert.Equal(FlowErrorKind.InvalidArgument, error.Kind);
        }
    }

    [Fact]
    public void No_images_are_a_file_too()
    {
        using Model model = TinyGlow.Perturbed(_backend, TinyGlow.Options());
        byte[] file = CompressedFile.Of(model, [], 4, out CompressionReport report);
        Assert.Equal((0, 0, file.Length), (report.Images, report.Blocks, report.LengthInBytes));
        Assert.Empty(CompressedFile.Read(file, model));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.1 / 17)]
    public void The_rate_is_the_models_own(double logitMargin)
    {
        GlowOptions options = TinyGlow.Options(steps: 3, hidden: 16, logitMargin: logitMargin);
        using Model model = Model.Create(TinyGlow.Config(options), _backend, 1);
        using (TinyGlow.Train(model, new TrainerOptions { Batch = 32, WarmupSamples = 64 }, 150))
        {
        }

        ImageDataset data = TinyGlow.Digits.Take(600);
        byte[] file = CompressedFile.Of(
            model, CompressedFile.Levels(data, data.Count), 300, out CompressionReport report);
        double expected = Enumerable.Range(0, 4)
            .Average(seed => Evaluation.Run(model, data, (ulong)seed).BitsPerDim);
        Assert.Equal((2, 0, 598), (report.Blocks, report.StoredBlocks, report.CodedImages));
        double error = Math.Abs((report.CodedBitsPerDim / expected) - 1);
        Assert.True(
            error <= 0.005, $"{report.CodedBitsPerDim} bits per dimension, the model's own are {expected}");

        // Whole words, the states and the checksums of two blocks, and the header.
        double accounted = report.CodedBits + report.InitialBits;
        Assert.True(Math.Abs((8.0 * file.Length) - accounted) <= (2 * 700) + 700);
        Assert.Equal(file.Length, report.LengthInBytes);
        Assert.Equal(CompressedFile.Levels(data, data.Count), CompressedFile.Read(file, model));
    }

    [Fact]
    public void The_file_depends_on_neither_threads_nor_batch()
    {
        GlowOptions options = TinyGlow.Options(height: 12, width: 8, channels: 3);
        using Model model = TinyGlow.Perturbed(_backend, options);
        byte[] images = CompressedFile.Levels(model.Flow, 17, 23);
        byte[] file = CompressedFile.Of(model, images, 5);
        foreach ((int threads, int batch) in new[] { (1, 1), (1, 64), (3, 2), (2, 5) })
        {
            using CpuBackend backend = new(threads);
            using Model other = TinyGlow.Perturbed(backend, options);
            other.BatchSize = batch;
            Assert.Equal(file, CompressedFile.Of(other, images, 5));
            Assert.Equal(images, CompressedFile.Read(file, other));
        }
    }

    [Fact]
    public void Images_that_leave_the_range_are_stored()
    {
        // An ActNorm that scales by e^12 twice leaves any grid.
        using Model model = TinyGlow.Perturbed(_backend, TinyGlow.Options());
        float[] weights = new float[model.Flow.Parameters.Length];
        model.ReadParameters(weights);
        foreach (Tensors.Parameter parameter in model.Flow.Parameters.All.Where(
            parameter => parameter.Name.EndsWith("steps.0.actnorm.log_scale", StringComparison.Ordinal)
                || parameter.Name.EndsWith("steps.1.actnorm.log_scale", StringComparison.Ordinal)))
        {
            weights.AsSpan((int)parameter.Offset, parameter.Length).Fill(12);
        }

        model.WriteParameters(weights);
        byte[] images = CompressedFile.Levels(model.Flow, 17, 9);
        byte[] file = CompressedFile.Of(model, images, 4, out CompressionReport report);
        Assert.Equal((3, 3, 0, 0.0), (report.Blocks, report.StoredBlocks, report.CodedImages, report.InitialBits));
        Assert.True(file.Length <= images.Length + 200);
        Assert.Equal(images, CompressedFile.Read(file, model));
    }

    [Fact]
    public void Another_model_is_refused()
    {
        using Model model = TinyGlow.Perturbed(_backend, TinyGlow.Options());
        byte[] file = CompressedFile.Of(model, CompressedFile.Levels(model.Flow, 17, 5), 5);
        Refuse(TinyGlow.Options(), seed: 2, "another model");
        Refuse(TinyGlow.Options(bins: 16), seed: 1, "17 grey levels");
        Refuse(TinyGlow.Options(height: 16), seed: 1, "8x8x1");

        void Refuse(GlowOptions options, ulong seed, string says)
        {
            using Model other = TinyGlow.Perturbed(_backend, options, seed);
            FlowException error = Assert.Throws<FlowException>(() => CompressedFile.Read(file, other));
            Assert.Equal(FlowErrorKind.InvalidArgument, error.Kind);
            Assert.Contains(says, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void What_cannot_compress_says_so()
    {
        using Model model = TinyGlow.Perturbed(_backend, TinyGlow.Options());
        using ReferenceBackend<float> reference = new();
        using Model elsewhere = TinyGlow.Perturbed(reference, TinyGlow.Options());
        using Model raw = Model.Create(TinyGlow.Config(TinyGlow.Options()), _backend, 1);
        using Model broken = TinyGlow.Perturbed(_backend, TinyGlow.Options());
        _backend.Fill(broken.Weights, double.NaN);
        byte[] images = CompressedFile.Levels(model.Flow, 17, 2);
        (Model Model, byte[] Images, int PerBlock, string Says)[] cases =
        [
            (elsewhere, images, 2, "expected it"),
            (raw, images, 2, "not initialized"),
            (broken, images, 2, "NaN"),
            (model, images[1..], 2, "expected a multiple"),
            (model, [.. images[..^1], 17], 2, "expected 0 to 16"),
            (model, images, 0, "images a block"),
            (model, images, int.MaxValue, "images a block"),
        ];
        Assert.All(cases, item =>
        {
            FlowException error = Assert.Throws<FlowException>(
                () => CompressedFile.Of(item.Model, item.Images, item.PerBlock));
            Assert.Equal(FlowErrorKind.InvalidArgument, error.Kind);
            Assert.Contains(item.Says, error.Message, StringComparison.Ordinal);
        });
    }

    public void Dispose() => _backend.Dispose();
}
