using FlowEngine.Architecture;
using FlowEngine.Kernels;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Kernels.Gpu;
using FlowEngine.Models;
using FlowEngine.Training;

using Xunit;

namespace FlowEngine.Tests.Models;

/// <summary>Models of a single value.</summary>
public sealed class OneColumnTests
{
    private const int Points = 4001;
    private const double Reach = 20;

    public static TheoryData<IModelOptions> Models => new()
    {
        TinyVectors.Maf(columns: 1, batchNorm: true),
        TinyVectors.Maf(columns: 1, hiddenLayers: 1, mixing: Mixing.Lu),
        TinyVectors.Iaf(columns: 1, mixing: Mixing.Random),
        TinyVectors.Nsf(columns: 1, autoregressive: true),
        (IModelOptions)SplineOptions.Description.Defaults(new DataShape(1, 1, 1, null)),
    };

    [Theory]
    [MemberData(nameof(Models))]
    public void The_density_integrates_to_1_and_the_inverse_gives_the_values_back(IModelOptions options)
    {
        using CpuBackend backend = new(1);
        using Model model = TinyGlow.Perturbed(backend, options);
        float[] values = Grid();
        double area = model.LogProb(values).Sum(Math.Exp) * 2 * Reach / (Points - 1);
        Assert.True(Math.Abs(area - 1) <= 1e-3, $"the area is {area}");
        float[] back = model.Inverse(model.Forward(values));
        double error = values.Zip(back, (a, b) => (double)Math.Abs(a - b)).Max();
        Assert.True(error <= 1e-4, $"off by {error}");
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_GPU_kernel_gives_the_density_samples_and_losses_of_the_CPU(IModelOptions options)
    {
        using CpuBackend cpu = new(1);
        using GpuBackend emulator = GpuBackend.Open("emulator");
        (double[] Density, float[] Samples, double Loss)[] figures =
        [
            .. new IBackend[] { cpu, emulator }.Select(backend =>
            {
                using Model model = TinyGlow.Perturbed(backend, options);
                float[] values = [.. Grid().Where((_, i) => i % 500 == 0)];
                double[] density = model.LogProb(values);
                float[] samples = model.Sample(5, 1, seed: 3);
                using Trainer trainer = new(model, new TrainerOptions { Batch = values.Length, WarmupSamples = 0 });
                trainer.Step(values);
                return (density, samples, trainer.Step(values).BitsPerDim);
            }),
        ];
        Assert.All(figures[0].Density.Zip(figures[1].Density), pair => Near(pair.First, pair.Second));
        Assert.All(figures[0].Samples.Zip(figures[1].Samples), pair => Near(pair.First, pair.Second));
        Near(figures[0].Loss, figures[1].Loss);
    }

    [Theory]
    [InlineData("{\"model\": \"dense-glow\", \"channels\": 1}", "dense-glow")]
    [InlineData("{\"model\": \"nice\", \"channels\": 1}", "nice")]
    [InlineData("{\"model\": \"nsf\", \"channels\": 1, \"autoregressive\": false}", "nsf")]
    [InlineData("{\"model\": \"transforms\", \"channels\": 1, \"transforms\": [{\"type\": \"affine_coupling\"}]}", "transforms")]
    public void A_coupling_of_one_value_is_refused_with_what_to_take(string json, string kind)
    {
        FlowException error = Assert.Throws<FlowException>(() => ModelKinds.Parse(json));
        Assert.Contains($"a coupling of {kind} has no other", error.Message, StringComparison.Ordinal);
        Assert.Contains("nsf with autoregressive", error.Message, StringComparison.Ordinal);
    }

    private static float[] Grid() =>
        [.. Enumerable.Range(0, Points).Select(i => (float)((2 * Reach * i / (Points - 1)) - Reach))];

    private static void Near(double expected, double actual) =>
        Assert.True(Math.Abs(expected - actual) <= 1e-4 * Math.Max(1, Math.Abs(expected)), $"{expected} and {actual}");
}
