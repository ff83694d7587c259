using FlowEngine.Kernels.Gpu;
using FlowEngine.Models;
using FlowEngine.Ranks;
using FlowEngine.Tests.Models;
using FlowEngine.Tests.Ranks;
using FlowEngine.Training;
using Xunit;

namespace FlowEngine.Tests.Gpu;

/// <summary>Gradients that travel between CUDA devices by NCCL, on stand-ins for both.</summary>
[Collection(FakeCudaGroup.Name)]
public sealed class NcclTests
{
    private const int Updates = 2;

    internal static readonly TrainerOptions Options = new() { Batch = 4, Shards = 4, Seed = 4, WarmupSamples = 8 };

    private static readonly Lazy<double[]> _expected = new(() => Train(null, new FakeCudaCopy(), Options).Weights);

    /// <summary>What one process has after its updates.</summary>
    internal static double[] Expected => _expected.Value;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Devices_give_the_bits_of_one_process_however_late_or_early_their_work_runs(bool callsEarly) =>
        Agree(2, callsEarly);

    [Fact]
    public void Four_devices_give_the_bits_of_one_process()
    {
        FullRun.Require();
        Agree(4, callsEarly: false);
    }

    [Fact]
    public void The_fast_order_is_one_call_a_part()
    {
        FakeNccl.Reset();
        double[][] found = [.. ThreadRank.Run(2, rank => Train(
            rank, new FakeCudaCopy(), Options with { Reduction = Reduction.Fast }).Weights)];
        Assert.All(found, weights => Assert.Equal(found[0], weights));
        double largest = found[0].Zip(_expected.Value, (a, b) => Math.Abs(a - b)).Max();
        Assert.True(largest <= 1e-3, $"weights differ by {largest}");
        Assert.All(
            FakeNccl.Log.Where(line => line.Contains("stream", StringComparison.Ordinal)),
            line => Assert.Contains(" sum -1 ", line, StringComparison.Ordinal));
    }

    [Fact]
    public void What_NCCL_refuses_is_said()
    {
        FakeNccl.Reset();
        FakeNccl.Fail("ncclCommInitRank", 5);
        Exception error = Assert.ThrowsAny<Exception>(() => ThreadRank.Run(2, rank => Train(rank, new FakeCudaCopy(), Options)));
        Assert.Equal("ncclCommInitRank: invalid usage", error.Message);
    }

    private static void Agree(int size, bool callsEarly)
    {
        double[] expected = Expected;
        FakeNccl.Reset();
        foreach ((double[] weights, ReductionCost cost) in ThreadRank.Run(size, rank =>
        {
            FakeCudaCopy cuda = new();
            cuda.BeLazy();
            if (callsEarly)
            {
                cuda.CallEarly();
            }

            return Train(rank, cuda, Options);
        }))
        {
            Assert.Equal(expected, weights);
            Assert.True(cost.HiddenShare is null && cost.SentBytes > 0, $"{cost}");
        }

        // Of each part the halves there and the sums back, on one stream; and more than one part.
        string[][] calls = [.. Enumerable.Range(0, size).Select(rank => FakeNccl.Log
            .Where(line => line.StartsWith($"rank {rank} ", StringComparison.Ordinal)).ToArray())];
        int ofPart = 4 * (size == 2 ? 1 : 2);
        foreach (string[] own in calls)
        {
            Assert.EndsWith($"joins {size}", own[0], StringComparison.Ordinal);
            Assert.EndsWith("leaves", own[^1], StringComparison.Ordinal);
            Assert.Single(own[1..^1].Select(line => line[line.IndexOf("stream", StringComparison.Ordinal)..]).Distinct());
            Assert.Equal((0, true), ((own.Length - 2) % (ofPart * Updates), (own.Length - 2) / (ofPart * Updates) > 1));
        }

        Assert.DoesNotContain(FakeNccl.Log, line => line.StartsWith("error", StringComparison.Ordinal));
    }

    /// <summary>What some updates of a small model make of it.</summary>
    internal static (double[] Weights, ReductionCost Cost) Update(ICommunicator? rank, FakeCudaCopy cuda, TrainerOptions options)
    {
        using GpuBackend backend = cuda.OpenBackend();
        using Model model = TinyGlow.Perturbed(backend, TinyGlow.Options(steps: 1, hidden: 128));
        using Trainer trainer = new(model, TinyGlow.Digits, options, rank);
        trainer.Train(Updates);
        return (TinyGlow.Read(backend, model.Weights), trainer.ReductionCost);
    }

    private static (double[] Weights, ReductionCost Cost) Train(ICommunicator? rank, FakeCudaCopy cuda, TrainerOptions options)
    {
        (double[], ReductionCost) result = Update(rank, cuda, options);
        Assert.Equal(string.Empty, cuda.Complaints);
        return result;
    }
}
