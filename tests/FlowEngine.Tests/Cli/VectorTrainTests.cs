using FlowEngine.Tests.Checkpoints;
using FlowEngine.Training;
using Xunit;

namespace FlowEngine.Tests.Cli;

/// <summary>Models of vectors on images, by the command.</summary>
public sealed class VectorTrainTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("maf", "maf: 2 blocks, hidden 1 x 16, lu between blocks", "--permutation", "lu")]
    [InlineData("maf", "maf: 2 blocks, hidden 1 x 16, reverse between blocks, batch normalization", "--batch-norm")]
    [InlineData("iaf", "iaf: 2 blocks, hidden 1 x 16, reverse between blocks")]
    [InlineData("nice", "nice: 2 blocks, hidden 1 x 16, gaussian prior", "--prior", "gaussian")]
    [InlineData("dense-glow", "dense-glow: 2 blocks, hidden 1 x 16")]
    [InlineData("nsf", "nsf: 2 blocks, hidden 1 x 16, coupling splines of 8 bins, lu before blocks")]
    public void A_model_of_vectors_trains_evaluates_draws_and_starts_another(
        string kind, string summary, params string[] more)
    {
        string run = _folder.File("run");
        string output = CommandRun.Succeed([.. Training(run, kind), .. more, "--samples", "128"]);
        Assert.Contains($"model   {summary}; ", output, StringComparison.Ordinal);
        Assert.Equal(kind, RunFolder.Open(run).ReadConfig().Model.Options.Kind.Name);

        Assert.Contains("bits per dimension", CommandRun.Succeed(["eval", run, "--data", "digits"]), StringComparison.Ordinal);
        Assert.Contains(kind, CommandRun.Succeed(["info", run]), StringComparison.Ordinal);
        CommandRun.Succeed(["sample", run, "--count", "4", "--out", _folder.File("four.png")]);
        CommandRun.Succeed(["train", "--resume", run, "--samples", "192"]);

        string second = CommandRun.Succeed(
        [
            "train", "--data", "digits", "--out", _folder.File("second"), "--init", run, "--samples", "32", "--batch", "32",
        ]);
        Assert.Contains($"model   {summary}; ", second, StringComparison.Ordinal);
        CommandRun.Refuse(
            ["train", "--data", "digits", "--out", _folder.File("third"), "--init", run, "--hidden", "17"],
            "hidden 1 x 17",
            "hidden 1 x 16");
    }

    [Theory]
    [InlineData("--levels is of --model glow", "maf", "--levels", "2")]
    [InlineData("--prior is of --model nice", "maf", "--prior", "logistic")]
    [InlineData("--batch-norm is of --model maf, iaf", "nice", "--batch-norm")]
    [InlineData("--blocks is of --model realnvp, maf, iaf, nice, dense-glow, nsf, and the model is glow", "glow", "--blocks", "2")]
    [InlineData("blocks is 0, expected 1 to", "iaf", "--blocks", "0")]
    [InlineData("hidden layers is 0, expected 1 to", "nice", "--layers", "0")]
    [InlineData("expected reverse or random or lu", "maf", "--permutation", "sorted")]
    public void Options_that_do_not_belong_to_the_model_are_refused(string says, string kind, params string[] more)
    {
        string run = _folder.File("run");
        CommandRun.Refuse(["train", "--data", "digits", "--out", run, "--model", kind, .. more], says);
        Assert.False(Directory.Exists(run));
    }

    private static string[] Training(string run, string kind) =>
    [
        "train", "--data", "digits", "--out", run, "--model", kind, "--hidden", "16", "--layers", "1", "--blocks", "2",
        "--batch", "32", "--threads", "1", "--warmup-samples", "64",
    ];
}
