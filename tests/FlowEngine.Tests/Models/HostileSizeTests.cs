using FlowEngine.Architecture;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Models;
using FlowEngine.Tests.Checkpoints;
using FlowEngine.Tests.Cli;
using Xunit;

namespace FlowEngine.Tests.Models;

/// <summary>What a configuration or a caller says of sizes is checked before anything is made of it.</summary>
public sealed class HostileSizeTests
{
    public static TheoryData<IModelOptions> LargeModels =>
    [
        TinyGlow.Options(height: 1 << 14, width: 1 << 14, levels: 12, steps: 4096, hidden: 512),
        TinyRealNvp.Options() with { Blocks = 256, Hidden = 4096 },
        TinyVectors.Maf() with { Blocks = 4096, HiddenLayers = 64, Hidden = 1 << 14 },
        TinyVectors.Nice() with { Blocks = 4096, HiddenLayers = 64, Hidden = 1 << 14 },
    ];

    [Theory]
    [MemberData(nameof(LargeModels))]
    public void A_file_that_lacks_the_tensors_of_its_model_costs_little(IModelOptions options)
    {
        using CpuBackend backend = new();
        byte[] file = Safetensors.Write([], new Dictionary<string, string>
        {
            ["format_version"] = "1",
            ["config"] = TinyGlow.Config(options).ToJson(),
        });
        Load(file, backend);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("is missing", Load(file, backend).Message, StringComparison.Ordinal);
        long taken = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(taken < 1_000_000, $"{taken} bytes for a file of {file.Length}");
    }

    [Fact]
    public void A_parameter_of_too_many_values_is_refused()
    {
        IModelOptions options = TinyRealNvp.Options() with
        {
            Height = 1024,
            Width = 1024,
            Condition = new ConditionOptions(16384, true, ConditionInto.Prior),
        };
        FlowException refused = Assert.Throws<FlowException>(options.Build);
        Assert.Equal(FlowErrorKind.InvalidArgument, refused.Kind);
        Assert.Contains("condition.weight of 16384x", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Indices_end_at_2_to_the_32()
    {
        using CpuBackend backend = new();
        using Model model = TinyGlow.Perturbed(backend, TinyGlow.Options());
        float[] last = model.Sample(1, 1, seed: 1, uint.MaxValue);
        Assert.Equal(last, model.Sample(2, 1, seed: 1, uint.MaxValue - 1)[last.Length..]);
        byte[] levels = new byte[2 * model.Flow.Dims];
        Assert.Equal(2, model.LogProb(levels, 1, uint.MaxValue - 1).Length);
        Action[] past =
        [
            () => model.Sample(2, 1, seed: 1, uint.MaxValue),
            () => model.LogProb(levels, 1, uint.MaxValue),
            () => model.Dequantize(levels, 1, uint.MaxValue),
        ];
        Assert.All(past, call => Assert.Equal(
            FlowErrorKind.InvalidArgument, Assert.Throws<FlowException>(call).Kind));
    }

    [Fact]
    public void A_model_of_very_large_images_is_described()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("model.safetensors");
        using (CpuBackend backend = new())
        {
            using Model model = TinyGlow.Perturbed(
                backend, TinyGlow.Options(height: 16384, width: 16384, levels: 1, steps: 1, hidden: 2));
            model.Save(path);
        }

        Assert.Contains("too large", CommandRun.Succeed("info", path), StringComparison.Ordinal);
        Assert.Contains("\"layers\":[]", CommandRun.Succeed("info", path, "--json"), StringComparison.Ordinal);
    }

    private static FlowException Load(byte[] file, CpuBackend backend) =>
        Assert.Throws<FlowException>(() => Model.Load(new MemoryStream(file), backend));
}
