using System.Text.Json;
using FlowEngine.Tests.Checkpoints;
using FlowEngine.Training;
using Xunit;

namespace FlowEngine.Tests.Cli;

/// <summary>RealNVP by the command.</summary>
public sealed class RealNvpTrainTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void RealNVP_trains_evaluates_draws_scores_and_starts_another()
    {
        const string Summary = "model   realnvp: 2 levels, 1 residual blocks, hidden 8; ";

        string run = _folder.File("run");
        Assert.Contains(Summary, CommandRun.Succeed([.. Training(run), "--samples", "128"]), StringComparison.Ordinal);
        Assert.Equal("realnvp", RunFolder.Open(run).ReadConfig().Model.Options.Kind.Name);

        Assert.Contains("bits per dimension", CommandRun.Succeed(["eval", run, "--data", "digits"]), StringComparison.Ordinal);
        string info = CommandRun.Succeed(["info", run]);
        Assert.All(
            ["logit", "levels.0.couplings.5", "levels.1.batchnorms.3"],
            layer => Assert.Contains(layer, info, StringComparison.Ordinal));
        CommandRun.Succeed(["sample", run, "--count", "4", "--out", _folder.File("four.png")]);
        CommandRun.Succeed(["score", run, "--data", "digits", "--out", _folder.File("scores.csv")]);
        CommandRun.Succeed(["train", "--resume", run, "--samples", "192"]);

        string second = CommandRun.Succeed(
        [
            "train", "--data", "digits", "--out", _folder.File("second"), "--init", run, "--samples", "32", "--batch", "32",
        ]);
        Assert.Contains(Summary, second, StringComparison.Ordinal);
        CommandRun.Refuse(
            ["train", "--data", "digits", "--out", _folder.File("third"), "--init", run, "--hidden", "9"],
            "hidden 9",
            "hidden 8");
        CommandRun.Refuse(
            ["compress", run, "--data", "digits", "--out", _folder.File("digits.flw")], "of the kind realnvp, whose layers have no code", "no code");
        CommandRun.Refuse(["export", run, _folder.File("exported")], "realnvp", "expected a glow");
    }

    [Theory]
    [InlineData("--steps is of --model glow, and the model is realnvp", "--steps", "2")]
    [InlineData("residual blocks is 0, expected 1 to", "--blocks", "0")]
    [InlineData("cannot be halved 4 times", "--levels", "5")]
    public void Options_that_do_not_fit_are_refused(string says, params string[] more)
    {
        string run = _folder.File("run");
        CommandRun.Refuse(["train", "--data", "digits", "--out", run, "--model", "realnvp", .. more], says);
        CommandRun.Refuse(
            ["train", "--data", "two-moons", "--out", run, "--model", "realnvp"], "--model realnvp is for images");
        Assert.False(Directory.Exists(run));
    }

    [Fact]
    public void Bench_measures_it_and_counts_its_arithmetic()
    {
        using JsonDocument json = JsonDocument.Parse(CommandRun.Succeed(
            "bench", "--model", "realnvp", "--levels", "2", "--blocks", "1", "--hidden", "8", "--size", "8", "--channels",
            "1", "--batch", "4", "--threads", "1", "--seconds", "0.05", "--json"));

        // Multiplications of a pixel: 9 I N + 2 · 9 N² + N O, of 3 checkerboards at 8x8, 3 of channels and 4 at 4x4.
        double expected = (3 * 64 * Network(2, 2)) + (16 * ((3 * Network(2, 4)) + (4 * Network(3, 4))));
        double counted = json.RootElement.GetProperty("forward_gflop_per_image").GetDouble();
        Assert.Equal(2e-9 * expected, counted, 1e-15);
        Assert.True(json.RootElement.GetProperty("train_images_per_s").GetDouble() > 0);
        Assert.Equal("realnvp", json.RootElement.GetProperty("model").GetString());

        static int Network(int inputs, int outputs) => (9 * inputs * 8) + (18 * 64) + (8 * outputs);
    }

    private static string[] Training(string run) =>
    [
        "train", "--data", "digits", "--out", run, "--model", "realnvp", "--hidden", "8", "--blocks", "1", "--batch", "32",
        "--threads", "1", "--warmup-samples", "64",
    ];
}
