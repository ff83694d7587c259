using FlowEngine.Data;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Kernels.Gpu;
using FlowEngine.Likelihood;
using FlowEngine.Models;
using FlowEngine.Tests.Models;
using FlowEngine.Tests.Training;
using FlowEngine.Training;
using Xunit;

namespace FlowEngine.Tests.Ranks;

/// <summary>One model trained by several ranks.</summary>
public sealed class RankTrainingTests
{
    private static readonly TrainerOptions _options = new() { Batch = 32, Shards = 8, WarmupSamples = 64, Seed = 4, Flip = true };

    [Fact]
    public void Any_number_of_ranks_gives_the_bits_of_one_process()
    {
        (StepResult[] expected, double[] weights) = Train(null, _options);
        foreach (int size in (int[])[1, 2, 4, 8])
        {
            foreach ((StepResult[] steps, double[] found) in ThreadRank.Run(size, rank => Train(rank, _options)))
            {
                Assert.Equal(expected, steps);
                Assert.Equal(weights, found);
            }
        }
    }

    [Fact]
    public void The_fast_order_agrees_up_to_rounding_and_on_all_ranks()
    {
        (_, double[] weights) = Train(null, _options);
        double[][] found =
            [.. ThreadRank.Run(4, rank => Train(rank, _options with { Reduction = Reduction.Fast })).Select(run => run.Weights)];
        Assert.All(found, other => Assert.Equal(found[0], other));
        double largest = found[0].Zip(weights, (a, b) => Math.Abs(a - b)).Max();
        Assert.True(largest is > 0 and <= 1e-3, $"weights differ by {largest}");
    }

    [Fact]
    public void Gradients_of_a_device_travel_through_the_host()
    {
        double[][] weights = [.. new[] { 1, 2 }.SelectMany(size => ThreadRank.Run(size, rank =>
        {
            using GpuBackend backend = GpuBackend.Open("emulator");
            using Model model = TinyGlow.Perturbed(backend, TinyGlow.Options(steps: 1));
            using Trainer trainer = new(model, TinyGlow.Digits, _options with { Batch = 2, Shards = 2 }, rank);
            trainer.Step();
            return TinyGlow.Read(backend, model.Weights);
        }))];
        Assert.All(weights, other => Assert.Equal(weights[0], other));
    }

    [Fact]
    public void What_is_not_finite_on_one_rank_is_skipped_and_named_on_all() => Assert.All(
        ThreadRank.Run(2, rank =>
        {
            using CpuBackend backend = new(1);
            using Model model = TinyGlow.Perturbed(backend, TinyGlow.Options());
            using Trainer trainer = new(model, _options, rank);
            float[] images = TinyGlow.Images(model.Flow, trainer.OwnBatch, (ulong)rank.Rank);
            Assert.False(trainer.Step(images).WasSkipped);
            images[^1] = rank.Rank == 1 ? float.NaN : 0;
            Assert.True(trainer.Step(images).WasSkipped);
            return trainer.SkippedBecause;
        }),
        reason => Assert.Equal("levels.0.squeeze", reason));

    [Fact]
    public void Ranks_begin_with_the_weights_of_the_first()
    {
        double[][] weights = ThreadRank.Run(2, rank =>
        {
            using CpuBackend backend = new(1);
            using Model model = TinyGlow.Perturbed(backend, TinyGlow.Options(), seed: (ulong)rank.Rank);
            using Trainer trainer = new(model, TinyGlow.Digits, _options, rank);
            trainer.Step();
            return TinyGlow.Read(backend, model.Weights);
        });
        Assert.Equal(weights[0], weights[1]);
    }

    [Fact]
    public void A_steady_step_allocates_no_managed_memory() => Assert.Equal(
        [0],
        ThreadRank.Run(1, rank =>
        {
            using CpuBackend backend = new(1);
            using Model model = TinyGlow.Perturbed(backend, TinyGlow.Options());
            using Trainer trainer = new(model, TinyGlow.Digits, _options, rank);
            trainer.Step();
            return SteadyAllocation.Of(() => trainer.Step());
        }));

    [Fact]
    public void Evaluations_are_shared_and_give_the_same_bits()
    {
        using CpuBackend backend = new(1);
        IDataset data = TinyGlow.Digits.Take(131);
        using Model model = TinyGlow.Perturbed(backend, TinyGlow.Options());
        double[] expected = Evaluation.LogProb(model, data, 7, cancel: TestContext.Current.CancellationToken);
        Assert.All(
            ThreadRank.Run(4, rank => Evaluation.SharedLogProb(model, data, 7, rank)), found => Assert.Equal(expected, found));
    }

    [Fact]
    public void More_ranks_than_shards_are_refused()
    {
        FlowException error = Assert.Throws<FlowException>(() => ThreadRank.Run(4, rank =>
        {
            using CpuBackend backend = new(1);
            using Model model = TinyGlow.Perturbed(backend, TinyGlow.Options());
            using Trainer trainer = new(model, TinyGlow.Digits, _options with { Shards = 2 }, rank);
            return 0;
        }));
        Assert.StartsWith("4 ranks cannot share 2 shards", error.Message, StringComparison.Ordinal);
    }

    private static (StepResult[] Steps, double[] Weights) Train(ThreadRank? rank, TrainerOptions options)
    {
        using CpuBackend backend = new(1);
        using Model model = Model.Create(TinyGlow.Config(TinyGlow.Options()), backend, 1);
        using Trainer trainer = new(model, TinyGlow.Digits, options, rank);
        trainer.Initialize();
        StepResult[] steps = [.. Enumerable.Range(0, 3).Select(_ => trainer.Step())];
        return (steps, TinyGlow.Read(backend, model.Weights));
    }
}
