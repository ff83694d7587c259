using System.Globalization;

using FlowEngine.Tests.Checkpoints;

using Xunit;

namespace FlowEngine.Tests.Cli;

/// <summary>What commands print as JSON is what <c>docs/json.md</c> says, member for member.</summary>
public sealed class JsonContractTests : IDisposable
{
    private const string Classes = "model of classes";
    private const string Anomalies = "anomalies known";
    private const string ByLabels = "anomalies known by labels";
    private const string Mean = "training mean known";
    private const string Images = "images";
    private const string Rows = "rows";

    private static readonly JsonContract _eval = JsonContract.Of("flow eval --json");
    private static readonly JsonContract _score = JsonContract.Of("flow score --json");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Images_give_what_is_documented()
    {
        string run = _folder.File("run");
        string[] training = Lines([.. CommandRun.TinyTraining(run), "--samples", "64", "--json"]);
        AssertTraining(training);
        _eval.AssertHolds(Run("eval", run, "--data", "digits", "--json"));
        _score.AssertHolds(Run("score", run, "--data", "digits", "--limit", "9", "--json"), Images, Mean);
        _score.AssertHolds(
            Run("score", run, "--data", "digits", "--limit", "9", "--anomalies", "digits", "--json"),
            Images, Mean, Anomalies);
        string packed = _folder.File("digits.flw");
        JsonContract.Of("flow compress --json").AssertHolds(
            Run("compress", run, "--data", "digits", "--limit", "9", "--out", packed, "--json"));
        JsonContract.Of("flow decompress --json").AssertHolds(
            Run("decompress", run, packed, "--out", _folder.File("digits.npy"), "--json"));
    }

    [Fact]
    public void Classes_give_what_is_documented()
    {
        string run = CommandRun.Train(_folder, "run", "--conditional", "--samples", "64");
        _eval.AssertHolds(Run("eval", run, "--data", "digits", "--json"), Classes);
        _score.AssertHolds(Run("score", run, "--data", "digits", "--limit", "9", "--json"), Classes, Images, Mean);
    }

    [Fact]
    public void Rows_give_what_is_documented()
    {
        string run = _folder.File("run");
        string table = WriteTable();
        string[] train =
        [
            "train", "--data", table, "--label", "kind", "--out", run, "--blocks", "1", "--hidden", "8", "--batch", "32",
            "--warmup-samples", "64", "--threads", "1", "--json",
        ];
        AssertTraining(Lines([.. train, "--epochs", "1"]), Rows);
        _eval.AssertHolds(Run("eval", run, "--data", table, "--json"));
        _score.AssertHolds(Run("score", run, "--data", table, "--json"), Mean, Anomalies, ByLabels);
        _score.AssertHolds(Run("score", run, "--data", table, "--part", "test", "--limit", "1", "--json"), Mean);
    }

    private static void AssertTraining(string[] lines, params string[] conditions)
    {
        foreach (string kind in new[] { "train", "eval" })
        {
            JsonContract contract = JsonContract.Of($"Lines of the kind {kind}");
            string[] ofKind =
                [.. lines.Where(line => line.StartsWith($"{{\"kind\":\"{kind}\"", StringComparison.Ordinal))];
            Assert.NotEmpty(ofKind);
            Assert.All(ofKind, line => contract.AssertHolds(line, conditions));
        }

        JsonContract.Of("The line of the kind done").AssertHolds(lines[^1]);
    }

    private static string Run(params string[] args) => CommandRun.Succeed([.. args, "--threads", "1"]);

    private static string[] Lines(string[] args) =>
        CommandRun.Succeed(args).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private string WriteTable()
    {
        Random random = new(4);
        string path = _folder.File("table.csv");
        File.WriteAllLines(path, Enumerable.Range(0, 120).Select(i => string.Create(
            CultureInfo.InvariantCulture, $"{random.NextDouble()},{random.NextDouble()},{i % 3 / 2}"))
            .Prepend("a,b,kind"));
        return path;
    }
}
