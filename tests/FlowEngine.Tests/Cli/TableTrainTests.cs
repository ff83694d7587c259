using System.Globalization;
using System.Text.Json;
using FlowEngine.Architecture;
using FlowEngine.Tests.Checkpoints;
using FlowEngine.Training;
using Xunit;

namespace FlowEngine.Tests.Cli;

public sealed class TableTrainTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_table_is_trained_on_evaluated_sampled_and_scored_in_its_own_units()
    {
        string table = WriteTable();
        string run = Train("run", table, "--epochs", "3");

        using JsonDocument eval = JsonDocument.Parse(
            CommandRun.Succeed("eval", run, "--data", table, "--json", "--threads", "1"));
        Assert.Equal(30, eval.RootElement.GetProperty("samples").GetInt32());
        Assert.True(eval.RootElement.GetProperty("nats").GetDouble() is > -20 and < 0);

        string csv = _folder.File("rows.csv");
        CommandRun.Succeed("sample", run, "--count", "200", "--out", csv, "--threads", "1");
        string[] lines = File.ReadAllLines(csv);
        Assert.Equal("a,b,always", lines[0]);
        double mean = lines.Skip(1).Average(line => double.Parse(line.Split(',')[1], CultureInfo.InvariantCulture));
        Assert.InRange(mean, 1200, 1800);
        Assert.All(lines.Skip(1), line => Assert.EndsWith(",7", line, StringComparison.Ordinal));

        string scores = CommandRun.Succeed(
            "score", run, "--data", table, "--threads", "1", "--out", _folder.File("scores.csv"));
        Assert.Contains("30 anomalies", scores, StringComparison.Ordinal);
        Assert.Contains("round-trip error", CommandRun.Succeed("info", run, "--data", table), StringComparison.Ordinal);
    }

    [Fact]
    public void A_single_column_gets_a_model_that_learns_its_shape()
    {
        string table = _folder.File("one.csv");
        Random random = new(4);
        File.WriteAllLines(table, Enumerable.Range(0, 600).Select(i => string.Create(
            CultureInfo.InvariantCulture, $"{(i % 2 * 10) + random.NextDouble()},7")).Prepend("x,always"));
        string run = _folder.File("run");
        CommandRun.Succeed("train", "--data", table, "--out", run, "--blocks", "2", "--hidden", "8", "--batch", "32", "--epochs", "60", "--threads", "1");
        using JsonDocument eval = JsonDocument.Parse(CommandRun.Succeed("eval", run, "--data", table, "--json", "--threads", "1"));

        // A normal distribution of these two heaps has -3.04 nats, the right density -ln 2.
        Assert.True(eval.RootElement.GetProperty("nats").GetDouble() > -2, eval.RootElement.GetRawText());
    }

    [Fact]
    public void Sizes_follow_from_the_rows_unless_options_give_them()
    {
        string table = _folder.File("few.csv");
        File.WriteAllLines(table, TableLines().Take(61));
        (RunConfig chosen, string said) = Trained("chosen");
        var model = (AutoregressiveOptions)chosen.Model.Options;
        Assert.Equal((5, 64, 32), (model.Blocks, model.Hidden, chosen.Training.Batch));
        Assert.Contains("by 49 training rows", said, StringComparison.Ordinal);
        Assert.True(chosen.Limits.EvaluateEvery > 1);
        int evaluations = RunFolder.Open(_folder.File("chosen")).ReadMetrics().OfType<EvalMetrics>().Count();
        Assert.InRange(evaluations, 2, chosen.Limits.Epochs!.Value / chosen.Limits.EvaluateEvery);

        (RunConfig given, _) = Trained("given", "--hidden", "24", "--batch", "16", "--epochs", "3", "--patience", "2");
        Assert.Equal((5, 24, 16), (((AutoregressiveOptions)given.Model.Options).Blocks, ((AutoregressiveOptions)given.Model.Options).Hidden, given.Training.Batch));
        Assert.Equal((3, 2, 1), (given.Limits.Epochs, given.Limits.Patience, given.Limits.EvaluateEvery));

        (RunConfig, string) Trained(string name, params string[] more)
        {
            string run = _folder.File(name);
            string output = CommandRun.Succeed(["train", "--data", table, "--label", "kind", "--out", run, "--threads", "1", .. more]);
            return (RunFolder.Open(run).ReadConfig(), output);
        }
    }

    [Fact]
    public void A_resumed_run_on_a_table_ends_with_the_bits_of_a_straight_one()
    {
        string table = WriteTable();
        string[] steady = ["--schedule", "constant", "--epochs"];
        string straight = Train("straight", table, [.. steady, "4"]);
        string resumed = Train("resumed", table, [.. steady, "2"]);
        CommandRun.Succeed("train", "--resume", resumed, "--epochs", "4");
        Assert.Equal(
            File.ReadAllBytes(RunFolder.Open(straight).CheckpointFile),
            File.ReadAllBytes(RunFolder.Open(resumed).CheckpointFile));
    }

    [Fact]
    public void What_is_said_of_the_run_holds_for_tables_too()
    {
        string run = Train("run", WriteTable(), "--epochs", "1", "--read-every", "5", "--patience", "0");
        RunConfig config = RunFolder.Open(run).ReadConfig();
        Assert.Equal(5, config.Training.ReadEvery);
        Assert.Null(config.Limits.Patience);
    }

    [Theory]
    [InlineData("--preset is of --model glow, and the model is maf", "--preset", "glow")]
    [InlineData("glow is for images", "--model", "glow")]
    [InlineData("--bounds is given without --logit", "--bounds", "0,1")]
    [InlineData("expected 0 to 1 for the logit", "--logit", "0.1")]
    [InlineData("patience is -1", "--patience", "-1")]
    [InlineData("no column 'z'", "--label", "z")]
    public void Options_that_do_not_fit_a_table_are_refused(string says, params string[] options)
    {
        string run = _folder.File("run");
        CommandRun.Refuse(["train", "--data", WriteTable(), "--out", run, .. options], says);
        Assert.False(Directory.Exists(run));
    }

    private string Train(string name, string table, params string[] more)
    {
        string run = _folder.File(name);
        CommandRun.Succeed(
        [
            "train", "--data", table, "--label", "kind", "--out", run, "--blocks", "2", "--hidden", "8", "--batch", "32",
            "--warmup-samples", "64", "--threads", "1", .. more,
        ]);
        return run;
    }

    private string WriteTable()
    {
        string path = _folder.File("table.csv");
        File.WriteAllLines(path, TableLines());
        return path;
    }

    private static IEnumerable<string> TableLines()
    {
        Random random = new(4);
        return Enumerable.Range(0, 300).Select(i => string.Create(
            CultureInfo.InvariantCulture, $"{random.NextDouble() - 3},{1000 + 1000 * random.NextDouble()},7,{(i % 10 == 0 ? 1 : 0)}"))
            .Prepend("a,b,always,kind");
    }
}
