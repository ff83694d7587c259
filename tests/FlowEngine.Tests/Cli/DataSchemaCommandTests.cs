using System.Globalization;
using System.Text.Json;

using FlowEngine.Data;
using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Likelihood;
using FlowEngine.Models;
using FlowEngine.Tests.Checkpoints;
using FlowEngine.Training;

using Xunit;

namespace FlowEngine.Tests.Cli;

/// <summary>Data are matched with what the model knows of them: columns and classes by name.</summary>
public sealed class DataSchemaCommandTests : IDisposable
{
    private static readonly string[] _kinds = ["ash", "birch", "3"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Columns_are_taken_by_name_whatever_their_order()
    {
        string run = Train(WriteTable("a,b,c,kind", row => row));
        double[] scores = Scores(run, WriteTable("a,b,c,kind", row => row));
        string reordered = WriteTable("note,kind,c,a,b", row => ["none", row[3], row[2], row[0], row[1]]);
        Assert.Equal(scores, Scores(run, reordered));
        Assert.Contains("does not know, and that are left out: note", Run("eval", run, "--data", reordered).Error);
        CommandRun.Refuse(
            ["eval", run, "--data", WriteTable("a,note,c,kind", row => [row[0], "none", row[2], row[3]])], "b is missing");

        // Scoring needs no label, and rows without names are taken in their order.
        Assert.Equal(scores.Length, Scores(run, WriteTable("b,c,a", row => [row[1], row[2], row[0]])).Length);
        CommandRun headless = Run("score", run, "--data", WriteTable(null, row => row[..3]));
        Assert.Contains("taken in their order", headless.Error);
    }

    [Fact]
    public void Classes_are_matched_by_name_in_a_file_that_has_some_of_them()
    {
        string whole = WriteTable("a,b,c,kind", row => row);
        string run = Train(whole, "--conditional");
        string birch = WriteTable("a,b,c,kind", row => row, kind => kind == "birch");
        JsonElement eval = Eval(run, birch);
        Assert.True(eval.GetProperty("accuracy").GetDouble() >= 0.9, eval.ToString());
        JsonElement only = Assert.Single(eval.GetProperty("classes").EnumerateArray());
        Assert.Equal("birch", only.GetProperty("name").GetString());
        string threes = WriteTable("a,b,c,kind", row => [row[0], row[1], row[2], "3.0"], kind => kind == "3");
        Assert.True(Eval(run, threes).GetProperty("accuracy").GetDouble() >= 0.9);
        CommandRun.Refuse(
            ["eval", run, "--data", WriteTable("a,b,c,kind", row => [row[0], row[1], row[2], "oak"])],
            "no class 'oak'", "3, ash, birch");
        CommandRun.Refuse(
            ["eval", run, "--data", WriteTable("a,b,c", row => row[..3])], "has no labels");
        string rows = _folder.File("rows.csv");
        CommandRun.Succeed("sample", run, "--count", "2", "--out", rows);
        string[] lines = File.ReadAllLines(rows);
        Assert.Equal("a,b,c,kind", lines[0]);
        Assert.Equal(["3", "3", "ash", "ash", "birch", "birch"], lines[1..].Select(line => line.Split(',')[3]));
        Assert.Contains("ash (", CommandRun.Succeed("info", run), StringComparison.Ordinal);
    }

    [Fact]
    public void The_library_says_what_the_command_says()
    {
        string rows = WriteTable("a,b,c,kind", row => row, name: "test_rows");
        string run = Train(WriteTable("a,b,c,kind", row => row), "--conditional");
        string drawn = _folder.File("drawn.csv");
        CommandRun.Succeed("sample", run, "--label", "birch", "--count", "3", "--seed", "7", "--out", drawn);
        using JsonDocument scores = JsonDocument.Parse(CommandRun.Succeed("score", run, "--data", rows, "--json"));

        using IBackend backend = Devices.Open("cpu", 1);
        using Model model = Model.Load(RunFolder.Open(run).CheckpointFile, backend);
        TableModel table = new(model);
        TableDataset data = TableLoader.Load(rows, null, table.Schema).All;
        Assert.Equal(
            scores.RootElement.GetProperty("scores").GetProperty("log_prob").EnumerateArray()
                .Select(value => value.GetDouble()),
            table.LogProb(data, TestContext.Current.CancellationToken));
        (int[] classes, double[] probabilities) = table.Predict(data);
        Assert.Equal(
            scores.RootElement.GetProperty("class").EnumerateArray().Select(value => value.GetString()),
            classes.Select(model.Config.Classes.NameOf));
        Assert.All(probabilities.Chunk(3), row => Assert.Equal(1, row.Sum(), 1e-9));
        TableDataset samples = table.SampleClasses([model.Config.Classes.IndexOf("birch", "test")], 3, seed: 7);
        TableDataset read = TableLoader.Load(drawn, "kind", 0).All;
        Assert.Equal(Rows(read).Order(StringComparer.Ordinal), Rows(samples).Order(StringComparer.Ordinal));

        static IEnumerable<string> Rows(TableDataset table) => Enumerable.Range(0, table.Count)
            .Select(i => string.Join(',', table[i].ToArray().Select(CsvWriter.Number)));
    }

    [Fact]
    public void Classes_are_those_there_are_data_of()
    {
        string run = Train(
            WriteTable("a,b,c,kind", row => [row[0], row[1], row[2], $"{1 + Array.IndexOf(_kinds, row[3])}"]),
            "--conditional");
        string rows = _folder.File("rows.csv");
        CommandRun.Succeed("sample", run, "--count", "1", "--out", rows);
        Assert.Equal(["1", "2", "3"], File.ReadAllLines(rows)[1..].Select(line => line.Split(',')[3]));
    }

    private string Train(string table, params string[] more)
    {
        string run = _folder.File("run");
        CommandRun.Succeed(
        [
            "train", "--data", table, "--label", "kind", "--out", run, "--blocks", "2", "--hidden", "8", "--batch", "32",
            "--lr", "0.01", "--warmup-images", "0", "--threads", "1", "--epochs", "20", .. more,
        ]);
        return run;
    }

    private static CommandRun Run(params string[] args)
    {
        CommandRun run = CommandRun.Of(args);
        Assert.True(run.ExitCode == 0, run.Error);
        return run;
    }

    private static JsonElement Eval(string run, string table)
    {
        using JsonDocument json = JsonDocument.Parse(
            CommandRun.Succeed("eval", run, "--data", table, "--part", "all", "--json"));
        return json.RootElement.Clone();
    }

    private static double[] Scores(string run, string table)
    {
        using JsonDocument json = JsonDocument.Parse(CommandRun.Succeed("score", run, "--data", table, "--json"));
        return [.. json.RootElement.GetProperty("scores").GetProperty("log_prob").EnumerateArray()
            .Select(value => value.GetDouble())];
    }

    /// <summary>Three kinds of rows that lie apart in a.</summary>
    private string WriteTable(
        string? header, Func<string[], string[]> change, Func<string, bool>? keeps = null, string name = "table")
    {
        Random random = new(1);
        string path = _folder.File($"{name}{_folder.FileNames.Length}.csv");
        IEnumerable<string[]> rows = Enumerable.Range(0, 300).Select(i =>
        {
            double a = (3 * (i % 3)) + random.NextDouble();
            double b = random.NextDouble() - a;
            double c = 1000 * (random.NextDouble() + 1);
            return new[] { Text(a), Text(b), Text(c), _kinds[i % 3] };
        });
        IEnumerable<string> lines = rows.Where(row => keeps is null || keeps(row[3]))
            .Select(row => string.Join(',', change(row)));
        File.WriteAllLines(path, header is null ? lines : lines.Prepend(header));
        return path;

        static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
    }
}
