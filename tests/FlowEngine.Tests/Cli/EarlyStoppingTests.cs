using FlowEngine.Tests.Checkpoints;
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

        Assert.Equal(isExhausted, stopping.IsExhausted);
        Assert.Equal(1, stopping.Best!.BitsPerDim);
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
