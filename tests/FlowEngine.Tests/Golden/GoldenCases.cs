using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Tensors;

using Xunit;

namespace FlowEngine.Tests.Golden;

/// <summary>What PyTorch computed from the same weights, on one backend.</summary>
public abstract class GoldenCases
{
    public static TheoryData<string, MemoryMode> Models => new()
    {
        { "border", MemoryMode.Store },
        { "border", MemoryMode.Invert },
        { "additive", MemoryMode.Store },
        { "additive", MemoryMode.Invert },
        { "levels", MemoryMode.Store },
        { "levels", MemoryMode.Invert },
    };

    /// <summary>Of log-probabilities and losses, relative.</summary>
    protected abstract double LogProbTolerance { get; }

    /// <summary>Of gradients and latents, relative to the norm.</summary>
    protected abstract double GradientTolerance { get; }

    [Theory]
    [MemberData(nameof(Models))]
    public void Log_probabilities_and_latents_agree_with_PyTorch(string name, MemoryMode memory)
    {
        using GoldenModel golden = new(name, CreateBackend(), memory);
        golden.Step();
        golden.Backend.Write(golden.Images, golden.Plan.Input);
        golden.Plan.Forward();
        double[] logDet = golden.Read(golden.Plan.LogDet);
        double[] logProb = [.. golden.Read(golden.Plan.LogPrior).Zip(logDet, (a, b) => a + b)];
        AssertClose(golden.Expected("log_prob"), logProb, LogProbTolerance, "log_prob");
        AssertClose(golden.Expected("log_det"), logDet, LogProbTolerance, "log_det");
        int level = 0;
        foreach (BufferView latent in golden.Plan.Latents)
        {
            double[] expected = golden.ChannelsLast($"latent.{level}");
            AssertClose(expected, golden.Read(latent), GradientTolerance, $"latent {level}");
            level++;
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Every_gradient_agrees_with_PyTorch(string name, MemoryMode memory)
    {
        using GoldenModel golden = new(name, CreateBackend(), memory);
        golden.Step();
        AssertClose(golden.ChannelsLast("dx"), golden.Read(golden.Plan.InputGradient), GradientTolerance, "dx");
        HashSet<string> seen = [];
        foreach ((Parameter parameter, double[] expected) in golden.ExpectedGradients())
        {
            double[] actual = parameter.ToFile(golden.Read(parameter.In(golden.Gradients)));
            AssertClose(expected, actual, GradientTolerance, parameter.Name);
            Assert.True(seen.Add(parameter.Name));
        }

        Assert.Equal(
            golden.Model.Flow.Parameters.All.Where(p => !p.IsConstant).Select(p => p.Name).Order(), seen.Order());
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Ten_Adam_losses_agree_with_PyTorch(string name, MemoryMode memory)
    {
        using GoldenModel golden = new(name, CreateBackend(), memory);
        IBackend backend = golden.Backend;
        long length = golden.Model.Flow.Parameters.Length;
        using DeviceBuffer moment1 = backend.Allocate(length);
        using DeviceBuffer moment2 = backend.Allocate(length);
        using DeviceBuffer rate = backend.Allocate(1);
        using DeviceBuffer storage = backend.Allocate(OptimizerProgress.LengthFor(1));
        OptimizerProgress progress = new(1, storage.View);
        OptimizerSettings adam = new(OptimizerKind.Adam, 0.9, 0.999, 1e-8, 0, 0, 0);
        backend.Fill(rate.View, 1e-3);
        List<double> losses = [];
        for (int step = 1; step <= 10; step++)
        {
            losses.Add(golden.Step());
            backend.SumOfSquares(golden.Gradients, progress.SumOfSquares);
            backend.OptimizerStep(
                adam,
                rate.View,
                golden.Plan.LogPrior,
                golden.Plan.LogDet,
                progress,
                golden.Model.Weights,
                golden.Gradients,
                moment1.View,
                moment2.View,
                default);
        }

        AssertClose(golden.Expected("adam_losses"), [.. losses], LogProbTolerance, "losses");
    }

    [Theory]
    [InlineData("border")]
    [InlineData("additive")]
    [InlineData("levels")]
    public void Unfused_layers_give_the_same_as_the_fused_plan(string name)
    {
        using GoldenModel fused = new(name, CreateBackend(), MemoryMode.Invert);
        using GoldenModel unfused = new(name, CreateBackend(), MemoryMode.Invert, fuse: false);
        Assert.InRange(Math.Abs(fused.Step() - unfused.Step()), 0, LogProbTolerance);
        AssertClose(
            unfused.Read(unfused.Gradients), fused.Read(fused.Gradients), GradientTolerance, "gradients");
    }

    [Theory]
    [InlineData("border")]
    [InlineData("additive")]
    [InlineData("levels")]
    public void Inverse_of_the_latents_is_the_image(string name)
    {
        using GoldenModel golden = new(name, CreateBackend(), MemoryMode.Invert);
        golden.Step();
        golden.Backend.Write(golden.Images, golden.Plan.Input);
        golden.Plan.Forward();
        golden.Backend.Fill(golden.Plan.Input, 0);
        golden.Plan.Inverse([]);
        AssertClose(golden.Images, golden.Read(golden.Plan.Input), GradientTolerance, "x");
    }

    /// <summary>The backend under test.</summary>
    protected abstract IBackend CreateBackend();

    private static void AssertClose(double[] expected, double[] actual, double tolerance, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        double difference = Math.Sqrt(expected.Zip(actual, (e, a) => (e - a) * (e - a)).Sum());
        double norm = Math.Sqrt(expected.Sum(e => e * e));
        Assert.True(difference <= tolerance * Math.Max(norm, 1e-6), $"{what}: off by {difference} of {norm}");
    }
}
