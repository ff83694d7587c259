using System.Runtime.CompilerServices;
using FlowEngine.Kernels.Gpu;
using FlowEngine.Kernels.Gpu.Emulator;
using Xunit;

namespace FlowEngine.Tests.Kernels;

/// <summary>
/// What the emulator finds in <see cref="FaultyKernels"/>: the kernel, the thread, the line, every time.
/// </summary>
public sealed class EmulatorFaultTests
{
    private const int Length = 256;

    public static TheoryData<string, string> Faults => new()
    {
        { nameof(FaultyKernels.OutOfRange), "out of range" },
        { nameof(FaultyKernels.NegativeIndex), "out of range" },
        { nameof(FaultyKernels.MissingBarrier), "race or never written" },
        { nameof(FaultyKernels.MissingSecondBarrier), "race" },
        { nameof(FaultyKernels.GroupsRace), "race" },
        { nameof(FaultyKernels.DivergentBarrier), "divergent" },
        { nameof(FaultyKernels.DivergentShuffle), "divergent" },
        { nameof(FaultyKernels.ReadsUnset), "never written" },
        { nameof(FaultyKernels.ReadsUnsetLocal), "never written" },
        { nameof(FaultyKernels.ForgetsToWait), "asynchronous copy" },
        { nameof(FaultyKernels.WaitsAlone), "race or asynchronous copy or never written" },
        { nameof(FaultyKernels.Misaligned), "not aligned" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_planted_fault_is_found_with_its_kernel_thread_and_line(string kernel, string fault)
    {
        string message = MessageOf(kernel, seed: 1);
        Assert.StartsWith($"emulator: FaultyKernels_{kernel}, group (", message, StringComparison.Ordinal);
        Assert.Matches(@"\), thread \d+, ", message);
        AssertNamesLine(kernel, fault, message);
        Assert.Contains(
            fault.Split(" or "), word => message.Contains(word, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_planted_fault_is_found_in_every_order_of_threads(string kernel, string fault)
    {
        for (int seed = 1; seed <= 20; seed++)
        {
            AssertNamesLine(kernel, fault, MessageOf(kernel, seed));
        }

        Assert.Equal(MessageOf(kernel, 7), MessageOf(kernel, 7));
    }

    [Fact]
    public void A_kernel_is_not_called_directly()
    {
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(
            () => FlowEngine.Kernels.Device.Group.IdxX);
        Assert.Contains("inside a kernel", error.Message, StringComparison.Ordinal);
    }

    private static string MessageOf(string kernel, int seed)
    {
        using EmulatorDevice device = new(seed);
        using GpuStream stream = device.CreateStream();
        using GpuBuffer<float> x = device.Allocate<float>(Length + 1);
        using GpuBuffer<float> y = device.Allocate<float>(Length);
        using GpuBuffer<int> integers = device.Allocate<int>(Length);
        LaunchGrid grid = new(1);
        GpuException error = Assert.Throws<GpuException>(() =>
        {
            switch (kernel)
            {
                case nameof(FaultyKernels.OutOfRange):
                    FaultyKernels.OutOfRange(stream, LaunchGrid.Cover(Length + 1, 64), y, Length);
                    break;
                case nameof(FaultyKernels.NegativeIndex):
                    FaultyKernels.NegativeIndex(stream, grid, x, y);
                    break;
                case nameof(FaultyKernels.MissingBarrier):
                    FaultyKernels.MissingBarrier(stream, grid, y);
                    break;
                case nameof(FaultyKernels.MissingSecondBarrier):
                    FaultyKernels.MissingSecondBarrier(stream, grid, y);
                    break;
                case nameof(FaultyKernels.GroupsRace):
                    FaultyKernels.GroupsRace(stream, new LaunchGrid(2), y);
                    break;
                case nameof(FaultyKernels.DivergentBarrier):
                    FaultyKernels.DivergentBarrier(stream, grid, y);
                    break;
                case nameof(FaultyKernels.DivergentShuffle):
                    FaultyKernels.DivergentShuffle(stream, grid, integers);
                    break;
                case nameof(FaultyKernels.ReadsUnset):
                    FaultyKernels.ReadsUnset(stream, grid, y);
                    break;
                case nameof(FaultyKernels.ReadsUnsetLocal):
                    FaultyKernels.ReadsUnsetLocal(stream, grid, y);
                    break;
                case nameof(FaultyKernels.ForgetsToWait):
                    FaultyKernels.ForgetsToWait(stream, grid, x, y);
                    break;
                case nameof(FaultyKernels.WaitsAlone):
                    FaultyKernels.WaitsAlone(stream, grid, x, y);
                    break;
                case nameof(FaultyKernels.Misaligned):
                    FaultyKernels.Misaligned(stream, grid, x, y);
                    break;
                default:
                    throw new ArgumentOutOfRangeException(nameof(kernel), kernel, "no such kernel");
            }
        });
        Assert.Equal(GpuErrorKind.KernelFault, error.Kind);
        return error.Message;
    }

    // A line within the kernel that says it is the fault.
    private static void AssertNamesLine(
        string kernel, string fault, string message, [CallerFilePath] string here = "")
    {
        string[] lines = File.ReadAllLines(Path.Combine(Path.GetDirectoryName(here)!, "FaultyKernels.cs"));
        int start = Array.FindIndex(lines, line => line.Contains($"void {kernel}(", StringComparison.Ordinal));
        int end = Array.FindIndex(lines, start, line => line == "    }");
        IEnumerable<int> faults = Enumerable.Range(start, end - start)
            .Where(i => lines[i].EndsWith($"// fault: {fault}", StringComparison.Ordinal));
        Assert.NotEmpty(faults);
        Assert.Contains(
            faults, i => message.Contains($"FaultyKernels.cs:{i + 1}: ", StringComparison.Ordinal));
    }
}
