using FlowEngine.Architecture;
using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Models;
using FlowEngine.Tests.Checkpoints;

using Xunit;

namespace FlowEngine.Tests.Models;

public sealed class ModelTests
{
    public static TheoryData<GlowOptions> Shapes => new()
    {
        TinyGlow.Options(),
        TinyGlow.Options(GlowPreset.Rosinality, CouplingKind.Additive, hidden: 7),
        TinyGlow.Options(height: 4, width: 12, channels: 3, levels: 1, steps: 1, hidden: 33, bins: 256),
        TinyGlow.Options(GlowPreset.Rosinality, height: 16, width: 8, channels: 2, levels: 3, steps: 3, hidden: 16),
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void LogProb_is_the_same_bits_for_any_batch_size_position_and_thread_count(GlowOptions options)
    {
        using CpuBackend backend = new(2);
        using Model model = TinyGlow.Perturbed(backend, options);
        float[] images = TinyGlow.Images(model.Flow, 9);
        double[] expected = model.LogProb(images);
        int dims = model.Flow.Dims;
        Assert.All(expected, value => Assert.True(double.IsFinite(value)));
        for (int i = 0; i < 9; i++)
        {
            Assert.Equal(expected[i], model.LogProb(images.AsSpan(i * dims, dims)).Single());
        }

        foreach (int threads in new[] { 1, 3, 5 })
        {
            using CpuBackend other = new(threads);
            using Model same = TinyGlow.Perturbed(other, options);
            Assert.Equal(expected, same.LogProb(images));
            Assert.Equal(expected[2..7], same.LogProb(images.AsSpan(2 * dims, 5 * dims)));
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Inverse_gives_the_images_back(GlowOptions options)
    {
        using CpuBackend backend = new(2);
        using Model model = TinyGlow.Perturbed(backend, options);
        float[] images = TinyGlow.Images(model.Flow, 3);
        float[] back = model.Inverse(model.Forward(images));
        double error = images.Zip(back, (a, b) => (double)Math.Abs(a - b)).Max();
        Assert.True(error <= 1e-4, $"off by {error}");
    }

    [Fact]
    public void Samples_depend_on_seed_and_index_alone()
    {
        using CpuBackend backend = new(2);
        using Model model = TinyGlow.Perturbed(backend, TinyGlow.Options());
        float[] ten = model.Sample(10, 0.7, seed: 3);
        Assert.Equal(ten[..(4 * model.Flow.Dims)], model.Sample(4, 0.7, seed: 3));
        Assert.NotEqual(ten, model.Sample(10, 0.7, seed: 4));
        Assert.All(ten, value => Assert.True(float.IsFinite(value)));
    }

    [Fact]
    public void Samples_at_temperature_one_have_the_density_of_their_noise()
    {
        // log p(x) of x = f⁻¹(z) must be log p(z) plus the LogDet, and z is what Forward gives back.
        using CpuBackend backend = new(2);
        using Model model = TinyGlow.Perturbed(backend, TinyGlow.Options());
        float[] samples = model.Sample(6, 1, seed: 8);
        float[] again = model.Inverse(model.Forward(samples));
        double[] first = model.LogProb(samples);
        double[] second = model.LogProb(again);
        Assert.All(first.Zip(second), pair => Assert.True(Math.Abs(pair.First - pair.Second) <= 1e-2));
    }

    [Fact]
    public void A_saved_model_loads_with_the_same_bits_and_the_same_flags()
    {
        using TemporaryFolder folder = new();
        using CpuBackend backend = new(2);
        using Model model = TinyGlow.Perturbed(backend, TinyGlow.Options());
        float[] images = TinyGlow.Images(model.Flow, 4);
        model.Save(folder.File("m.safetensors"));
        using Model loaded = Model.Load(folder.File("m.safetensors"), backend);
        Assert.Equal(model.Config, loaded.Config);
        Assert.Equal(model.LogProb(images), loaded.LogProb(images));
    }

    [Fact]
    public void A_model_that_is_not_initialized_says_so()
    {
        using TemporaryFolder folder = new();
        using CpuBackend backend = new(1);
        using Model model = Model.Create(TinyGlow.Config(TinyGlow.Options()), backend, 1);
        float[] images = TinyGlow.Images(model.Flow, 1);
        Assert.Throws<FlowException>(() => model.LogProb(images));
        model.Save(folder.File("m.safetensors"));
        using Model loaded = Model.Load(folder.File("m.safetensors"), backend);
        Assert.Throws<FlowException>(() => loaded.Sample(1, 1, 1));
    }

    [Fact]
    public void Eight_threads_at_once_get_the_answers_of_one()
    {
        using CpuBackend backend = new(2);
        using Model model = TinyGlow.Perturbed(backend, TinyGlow.Options());
        float[] images = TinyGlow.Images(model.Flow, 5);
        double[] expected = model.LogProb(images);
        float[] sample = model.Sample(3, 1, 1);
        Parallel.For(0, 64, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            Assert.Equal(expected, model.LogProb(images));
            Assert.Equal(sample, model.Sample(3, 1, 1));
        });
    }

    [Fact]
    public void The_invertibility_report_covers_every_layer()
    {
        using CpuBackend backend = new(2);
        using Model model = TinyGlow.Perturbed(backend, TinyGlow.Options());
        IReadOnlyList<LayerInvertibility> report = model.CheckInvertibility(TinyGlow.Images(model.Flow, 4));
        Assert.Equal(model.Flow.Layers.Select(layer => layer.Name), report.Select(entry => entry.Name));
        Assert.All(report, entry => Assert.InRange(entry.RoundTripError, 0, 1e-4));
        Assert.All(report.Where(entry => entry.Name.EndsWith("invconv", StringComparison.Ordinal)), entry =>
            Assert.InRange(entry.ConditionNumber!.Value, 1, 1000));
        Assert.All(report.Where(entry => entry.Name.EndsWith("coupling", StringComparison.Ordinal)), entry =>
            Assert.InRange(entry.SmallestScale!.Value, 0.1, 1));
    }

    [Theory]
    [InlineData(6, 8, 2)]
    [InlineData(8, 8, 4)]
    [InlineData(0, 8, 1)]
    [InlineData(8, 8, 0)]
    public void Sizes_that_do_not_fit_are_refused_in_one_line(int height, int width, int levels)
    {
        FlowException error = Assert.Throws<FlowException>(
            () => TinyGlow.Options(height: height, width: width, levels: levels).Build());
        Assert.Equal(FlowErrorKind.InvalidArgument, error.Kind);
        Assert.DoesNotContain('\n', error.Message);
    }
}
