using FlowEngine.Execution;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Models;
using Xunit;

namespace FlowEngine.Tests.Models;

/// <summary>Products of sizes and counts that no array or plan holds are errors that say so.</summary>
public sealed class LargeSizeTests
{
    [Fact]
    public void More_samples_than_one_array_holds_are_refused()
    {
        using CpuBackend backend = new();
        using Model model = TinyGlow.Perturbed(
            backend, TinyGlow.Options(height: 256, width: 256, channels: 3, levels: 1, steps: 1, hidden: 2));
        FlowException refused = Assert.Throws<FlowException>(() => model.Sample(65536, 1, seed: 1));
        Assert.Equal(FlowErrorKind.InvalidArgument, refused.Kind);
        Assert.Contains("65536 images of 196608 values", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_of_very_large_images_is_told_and_of_too_many_refused()
    {
        using CpuBackend backend = new();
        using Model model = TinyGlow.Perturbed(
            backend, TinyGlow.Options(height: 16384, width: 16384, levels: 1, steps: 1, hidden: 2));
        Assert.Equal(7, model.Flow.LargestBatch);
        foreach (MemoryMode? mode in new MemoryMode?[] { null, MemoryMode.Store, MemoryMode.Invert })
        {
            long one = Bytes(model, 1, mode);
            Assert.True(one >= 16384L * 16384 * sizeof(float), $"{one} bytes");
            long seven = Bytes(model, 7, mode);
            Assert.True(seven > 5 * one && seven < 8 * one, $"{seven} bytes of seven, {one} of one");
        }

        Assert.Equal(
            FlowErrorKind.InvalidArgument, Assert.Throws<FlowException>(() => model.PlanMemory(8, null)).Kind);
    }

    private static long Bytes(Model model, int batch, MemoryMode? mode) =>
        model.PlanMemory(batch, mode).Sum(part => part.Bytes);
}
