using FlowEngine.Data;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Models;
using FlowEngine.Tests.Checkpoints;
using FlowEngine.Tests.Ranks;
using FlowEngine.Training;
using Xunit;

namespace FlowEngine.Tests.Cli;

public sealed class EarlyStoppingTests : IDisposable
{
    /// <summary>A learning rate that soon makes things worse.</summary>
    private static readonly string[] _unstable = ["--lr", "0.1", "--ema", "0", "--patience", "2", "--epochs", "30"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_run_ends_when_its_patience_does_and_the_checkpoint_is_the_best()
    {
        string run = CommandRun.Train(_folder, "run", _unstable);

        RunFolder folder = RunFolder.Open(run);
        EvalMetrics[] evaluations = [.. folder.ReadMetrics().OfType<EvalMetrics>()];
        EvalMetrics best = evaluations.MinBy(e => e.BitsPerDim)!;
        Assert.True(evaluations.Length < 30, "the run never stopped early");
        Assert.Equal(evaluations[^3], best);
        Assert.Equal(best.BitsPerDim, Evaluate(run));
        Assert.NotEqual(evaluations[^1].BitsPerDim, best.BitsPerDim);
    }

    [Fact]
    public void A_resumed_run_stops_where_a_straight_one_does_with_the_same_bits()
    {
        string straight = CommandRun.Train(_folder, "straight", _unstable);
        string resumed = CommandRun.Train(_folder, "resumed", [.. _unstable, "--samples", "2000"]);
        CommandRun.Succeed("train", "--resume", resumed, "--epochs", "30");

        Assert.Equal(
            File.ReadAllBytes(RunFolder.Open(straight).CheckpointFile),
            File.ReadAllBytes(RunFolder.Open(resumed).CheckpointFile));
        Assert.Equal(Evaluations(straight), Evaluations(resumed));
    }

    [Fact]
    public void The_rate_falls_to_its_end_over_the_last_quarter_of_a_run_whose_patience_has_run_out()
    {
        string run = TrainCooled("run");

        TrainMetrics[] lines = [.. RunFolder.Open(run).ReadMetrics().OfType<TrainMetrics>()];
        EvalMetrics[] evaluations = [.. RunFolder.Open(run).ReadMetrics().OfType<EvalMetrics>()];
        long exhausted = Exhausted(evaluations);
        long updates = lines[^1].Update;
        Assert.InRange(evaluations.Length, Array.FindIndex(evaluations, e => e.Samples == exhausted) + 2, 22);
        Assert.Equal(evaluations[^1].Samples, lines[^1].Samples);
        Assert.InRange(lines[^1].Samples * 3.0 / 4, exhausted, exhausted + evaluations[0].Samples);
        Assert.All(lines, line => Assert.True(line.Rate == 0.1 || line.Samples > exhausted || line.Samples < 64, $"{line}"));
        Assert.Equal(0.001 + (4.0 / updates * (0.1 - 0.001)), lines[^1].Rate, 1e-12);
    }

    [Fact]
    public void A_run_interrupted_while_its_rate_falls_resumes_with_the_same_bits()
    {
        string straight = TrainCooled("straight");
        string resumed = TrainCooled("resumed", "--samples", "96");
        RunFolder folder = RunFolder.Open(resumed);
        folder.WriteConfig(RunFolder.Open(straight).ReadConfig());
        InterruptedRun.Resume(folder, Exhausted([.. RunFolder.Open(straight).ReadMetrics().OfType<EvalMetrics>()]) + 320);
        CommandRun.Succeed("train", "--resume", resumed);

        Assert.Equal(Evaluations(straight), Evaluations(resumed));
        Assert.Equal(File.ReadAllBytes(RunFolder.Open(straight).CheckpointFile), File.ReadAllBytes(folder.CheckpointFile));
        Assert.Equal(File.ReadAllBytes(RunFolder.Open(straight).StateFile), File.ReadAllBytes(folder.StateFile));
    }

    [Fact]
    public void Ranks_go_back_to_the_best_weights_together()
    {
        string straight = TrainCooled("straight", "--shards", "2");
        RunConfig config = RunFolder.Open(straight).ReadConfig();
        string shared = _folder.File("shared");
        RunOutcome[] outcomes = ThreadRank.Run(2, rank =>
        {
            using CpuBackend backend = new(1);
            using Model model = Model.Create(config.Model with { IsInitialized = false }, backend, config.Training.Seed);
            (ImageDataset train, ImageDataset test) = DatasetLoader.Load("digits");
            RunData data = new(config.Model.Images.Apply(train), config.Model.Images.Apply(test));
            using Trainer trainer = new(model, data.Train, config.Training, rank);
            RunFolder folder = rank.Rank == 0 ? RunFolder.Create(shared) : RunFolder.OfOtherRank(shared);
            TrainingRun run = new(folder, config, trainer, data, new InterruptedRun(long.MaxValue));
            run.Start();
            return run.Run(CancellationToken.None);
        });

        Assert.Equal([RunOutcome.StoppedEarly, RunOutcome.StoppedEarly], outcomes);
        Assert.Equal(Evaluations(straight), Evaluations(shared));
        Assert.Equal(
            File.ReadAllBytes(RunFolder.Open(straight).StateFile), File.ReadAllBytes(RunFolder.Open(shared).StateFile));
    }

    [Theory]
    [InlineData(0, 1, false)]
    [InlineData(2, 2, false)]
    [InlineData(3, 2, true)]
    public void Patience_counts_evaluations_since_the_best(int worse, int patience, bool isExhausted)
    {
        EarlyStopping stopping = new(patience);
        Assert.True(stopping.Add(Of(2)));
        Assert.True(stopping.Add(Of(1)));
        for (int i = 1; i < worse; i++)
        {
            Assert.False(stopping.Add(Of(i == 1 ? double.NaN : 1)));
        }

        Assert.Equal(isExhausted, stopping.ExhaustedAt is not null);
        Assert.Equal(1, stopping.Best!.BitsPerDim);
    }

    /// <summary>Trains with a rate that falls to 0.001.</summary>
    private string TrainCooled(string name, params string[] more)
    {
        string run = _folder.File(name);
        string[] args = [.. CommandRun.TinyTraining(run), .. _unstable, "--final-lr", "0.001", .. more];
        args[Array.IndexOf(args, "constant")] = "cooldown";

        // A few updates of such a rate leave a model that is worse than before, which ends with 1.
        CommandRun trained = CommandRun.Of(args);
        Assert.True(trained.ExitCode <= 1, trained.Error);
        return run;
    }

    /// <summary>The samples at the evaluation that used the patience of two up.</summary>
    private static long Exhausted(EvalMetrics[] evaluations)
    {
        EarlyStopping stopping = new(2);
        Array.ForEach(evaluations, evaluation => stopping.Add(evaluation));
        return stopping.ExhaustedAt!.Value;
    }

    private static EvalMetrics Of(double bits) => new(1, bits, 0, 1, 0);

    private static double Evaluate(string run)
    {
        string json = CommandRun.Succeed("eval", run, "--data", "digits", "--json", "--threads", "1");
        using var document = System.Text.Json.JsonDocument.Parse(json);
        return document.RootElement.GetProperty("bits_per_dim").GetDouble();
    }

    private static IEnumerable<(long, double)> Evaluations(string run) =>
        RunFolder.Open(run).ReadMetrics().OfType<EvalMetrics>().Select(e => (e.Samples, e.BitsPerDim));
}
