using System.Text.Json;
using FlowEngine.Data;
using FlowEngine.Tests.Checkpoints;
using Xunit;

namespace FlowEngine.Tests.Cli;

/// <summary>Models of classes and of condition columns by way of the command.</summary>
public sealed class ConditionalTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Eval_of_a_model_of_digits_tells_of_each_class_and_sample_draws_them()
    {
        string run = CommandRun.Train(_folder, "run", "--conditional", "--samples", "1280");
        using JsonDocument json = JsonDocument.Parse(CommandRun.Succeed("eval", run, "--data", "digits", "--json"));
        JsonElement[] classes = [.. json.RootElement.GetProperty("classes").EnumerateArray()];
        Assert.Equal(Enumerable.Range(0, 10), classes.Select(part => part.GetProperty("class").GetInt32()));
        Assert.Equal("7", classes[7].GetProperty("name").GetString());
        Assert.Equal(180, classes.Sum(part => part.GetProperty("count").GetInt32()));
        double bits = classes.Sum(part =>
            part.GetProperty("count").GetInt32() * part.GetProperty("bits_per_dim").GetDouble()) / 180;
        Assert.Equal(json.RootElement.GetProperty("bits_per_dim").GetDouble(), bits, 1e-9);
        Assert.InRange(json.RootElement.GetProperty("accuracy").GetDouble(), 0, 1);
        Assert.Contains("accuracy of the classifier", CommandRun.Succeed("eval", run, "--data", "digits", "--limit", "9"));

        string grid = _folder.File("grid.png");
        Assert.Contains("30 samples of 8x8x1", CommandRun.Succeed("sample", run, "--count", "3", "--out", grid));
        Assert.Equal((342, 104), Size(grid));
        CommandRun.Succeed("sample", run, "--count", "4", "--label", "7", "--out", grid);
        Assert.Equal((70, 70), Size(grid));
        CommandRun.Refuse(["sample", run, "--label", "10", "--out", grid], "no class '10'", "0, 1, 2, 3");
        CommandRun.Refuse(["sample", run, "--given", "1", "--out", grid], "no condition columns");
        CommandRun.Refuse(
            ["compress", run, "--data", "digits", "--out", _folder.File("digits.flw")], "conditional");
        CommandRun.Succeed("info", run);

        static (int Height, int Width) Size(string path)
        {
            Image image = PngImage.Read(path);
            return (image.Height, image.Width);
        }
    }

    [Fact]
    public void A_table_is_modelled_by_class()
    {
        string table = Table(out string run);
        CommandRun.Succeed(
            "train", "--data", table, "--label", "kind", "--conditional", "--out", run,
            "--blocks", "2", "--hidden", "16", "--epochs", "40", "--batch", "32", "--lr", "0.005", "--warmup-samples", "0");
        using JsonDocument json = JsonDocument.Parse(
            CommandRun.Succeed("eval", run, "--data", table, "--json", "--part", "all"));
        Assert.True(json.RootElement.GetProperty("accuracy").GetDouble() >= 0.95, json.RootElement.ToString());
        Assert.Equal(2, json.RootElement.GetProperty("classes").GetArrayLength());

        string rows = _folder.File("rows.csv");
        CommandRun.Succeed("sample", run, "--count", "50", "--label", "1", "--out", rows);
        TableDataset drawn = TableLoader.Load(rows, "kind", 0).All;
        Assert.Equal(["a", "b", "c"], drawn.Columns);
        Assert.All(drawn.Labels!, label => Assert.Equal(1, label));
        Assert.InRange(Enumerable.Range(0, 50).Average(i => drawn[i][0]), 2, 4);
        CommandRun.Succeed("sample", run, "--count", "3", "--out", rows);
        Assert.Equal(6, TableLoader.Load(rows, "kind", 0).All.Count);
    }

    [Fact]
    public void A_table_is_modelled_given_some_of_its_columns()
    {
        string table = Table(out string run);
        CommandRun.Succeed(
            "train", "--data", table, "--label", "kind", "--condition-columns", "c", "--out", run, "--model", "dense-glow",
            "--blocks", "2", "--hidden", "16", "--epochs", "40", "--batch", "32", "--lr", "0.005", "--warmup-samples", "0");
        CommandRun.Succeed("eval", run, "--data", table);
        CommandRun.Succeed("score", run, "--data", table, "--out", _folder.File("scores.csv"));
        string rows = _folder.File("rows.csv");
        CommandRun.Succeed("sample", run, "--count", "50", "--given", "30", "--out", rows);
        TableDataset drawn = TableLoader.Load(rows, null, 0).All;
        Assert.Equal(["a", "b"], drawn.Columns);

        // c = 10 a.
        Assert.InRange(Enumerable.Range(0, 50).Average(i => drawn[i][0]), 2.5, 3.5);
        CommandRun.Refuse(["sample", run, "--out", rows], "conditional on 1 condition columns");
        CommandRun.Refuse(["sample", run, "--given", "1,2", "--out", rows], "2 values", "expected c");
        CommandRun.Refuse(["sample", run, "--given", "much", "--out", rows], "much is much, expected a number");
        CommandRun.Refuse(["sample", run, "--label", "1", "--out", rows], "not conditional on classes");
    }

    [Theory]
    [InlineData("no labels", "--conditional")]
    [InlineData("--conditional is all, expected prior or networks or both", "--conditional", "all")]
    [InlineData("has no column 'd'", "--condition-columns", "a,d")]
    [InlineData("comes twice", "--condition-columns", "a,a")]
    [InlineData("every column", "--condition-columns", "a,b,c,kind")]
    [InlineData("logistic or uniform prior", "--condition-columns", "a", "--model", "nice", "--conditional", "both")]
    public void Conditions_that_cannot_be(string says, params string[] options)
    {
        string table = Table(out string run);
        CommandRun.Refuse(["train", "--data", table, "--out", run, .. options], says);
        Assert.False(Directory.Exists(run));
    }

    /// <summary>Two kinds of rows, apart in a, with b about -a and c about 10 a.</summary>
    private string Table(out string run)
    {
        Random random = new(1);
        string path = _folder.File("table.csv");
        run = _folder.File("run");
        File.WriteAllLines(path, Enumerable.Range(0, 600).Select(i =>
        {
            double a = (3 * (i % 2)) + random.NextDouble() - 0.5;
            double b = random.NextDouble() - a;
            double c = (10 * a) + random.NextDouble();
            return FormattableString.Invariant($"{a},{b},{c},{i % 2}");
        }).Prepend("a,b,c,kind"));
        return path;
    }
}
