using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;

using FlowEngine.Tests.Checkpoints;
using FlowEngine.Tests.Data;

using Xunit;

namespace FlowEngine.Tests.Cli;

/// <summary>Tables as people have them: labels of any kind, headers or none, missing values.</summary>
public sealed class TableFaultTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("0", "1")]
    [InlineData("1", "-1")]
    [InlineData("0.0", "1.0")]
    [InlineData("False", "True")]
    [InlineData("good", "bad", "--normal", "good")]
    [InlineData("1", "0", "--normal", "1")]
    [InlineData("7", "3", "--normal", "7.0")]
    public void Anomalies_are_those_of_the_label_that_is_not_normal(string normal, string anomaly, params string[] options)
    {
        string run = Train();
        string output = CommandRun.Succeed(
        [
            "score", run, "--data", WriteLabels(normal, anomaly), "--label", "k", "--out", _folder.File("s.csv"), .. options,
        ]);
        Assert.Contains("negative_log_prob      1.0000             1.0000", output, StringComparison.Ordinal);
        Assert.Contains("20 anomalies", output, StringComparison.Ordinal);
        Assert.Contains("is normal", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_that_differ_in_constant_columns_are_named_in_one_line()
    {
        string Constants(int row, int value) => string.Join(',', Enumerable.Repeat(row == 3 ? value : 0, 40));
        string Table(string name, int value)
        {
            string path = _folder.File(name);
            File.WriteAllLines(
                path,
                [
                    string.Join(',', Enumerable.Range(0, 40).Select(j => $"c{j}")) + ",x,y",
                    .. Enumerable.Range(0, 60).Select(i => $"{Constants(i, value)},{i * 37 % 101},{i * 53 % 89}"),
                ]);
            return path;
        }

        string run = _folder.File("constant");
        CommandRun trained = CommandRun.Of(
            "train", "--data", Table("train.csv", 0), "--model", "maf", "--blocks", "1", "--hidden", "8", "--epochs", "1", "--threads", "1",
            "--out", run);
        Assert.Contains("flow: note: 40 columns are constant", Assert.Single(Lines(trained.Error)), StringComparison.Ordinal);
        CommandRun scored = CommandRun.Of("score", run, "--data", Table("new.csv", 5), "--out", _folder.File("s.csv"));
        Assert.Contains(
            "1 of 60 rows (counted from 0: 3) differ from all training rows in 40 columns: column 0 (c0), column 1 (c1)",
            Assert.Single(Lines(scored.Error)),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Columns_of_few_values_and_of_heavy_tails_are_told_in_one_line_each()
    {
        string table = _folder.File("columns.csv");
        File.WriteAllLines(table, ["kind,flag,price,plain", .. Enumerable.Range(0, 400).Select(i =>
            $"{i % 3},{(i % 97 == 0 ? i : 0)},{(i % 50 == 7 ? 1e5 + i : i * 31 % 100)},{i * 37 % 101}")]);
        CommandRun trained = CommandRun.Of(
            "train", "--data", table, "--model", "maf", "--blocks", "1", "--hidden", "8", "--epochs", "1", "--threads", "1",
            "--out", _folder.File("columns"));
        string[] notes = Lines(trained.Error);
        Assert.Equal(2, notes.Length);
        Assert.Contains("columns kind, flag: rows lie heaped on single values, which have no density", notes[0], StringComparison.Ordinal);
        Assert.Contains("column price: some values are more than 20 times as far out", notes[1], StringComparison.Ordinal);
    }

    [Fact]
    public void What_labels_mean_is_asked_where_nobody_can_know()
    {
        string run = Train();
        string[] score = ["score", run, "--data", WriteLabels("normal", "anomaly"), "--label", "k"];
        CommandRun.Refuse(score, "anomaly, normal", "--normal LABEL");
        CommandRun.Refuse([.. score, "--normal", "odd"], "--normal is odd", "anomaly, normal");
        CommandRun.Refuse(["score", run, "--data", WriteLabels("1", "2"), "--label", "k"], "1, 2", "--normal");
        CommandRun.Refuse(["score", run, "--data", WriteRows(), "--normal", "1"], "has no labels");

        string npz = _folder.File("labels.npz");
        File.WriteAllBytes(npz, SampleFiles.Npz(
            CompressionLevel.Optimal, ("X", Doubles("(4, 2)", [0, 1, 0, 0, 9, 9, 9, 9])), ("y", Doubles("(4,)", [5, 5, 6, 6]))));
        CommandRun scored = CommandRun.Of("score", run, "--data", npz);
        Assert.Equal(0, scored.ExitCode);
        Assert.Contains("not ranked", scored.Error, StringComparison.Ordinal);
        File.WriteAllBytes(npz, SampleFiles.Npz(
            CompressionLevel.Optimal, ("X", Doubles("(4, 2)", [0, 1, 0, 0, 9, 9, 9, 9])), ("y", Doubles("(4,)", [1, 1, -1, -1]))));
        Assert.Contains(
            "negative_log_prob      1.0000", CommandRun.Of("score", run, "--data", npz).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Scores_of_all_rows_are_in_the_order_of_the_file()
    {
        string run = Train();
        double[] all = Scores(run, WriteRows(), "--part", "all");
        double[] test = Scores(run, WriteRows("test_rows.csv"), "--part", "test");
        Assert.Equal(test, all);
    }

    [Fact]
    public void A_header_of_whole_numbers_is_one_unless_it_is_said_not_to_be()
    {
        string data = Write("0,1\n1.5,2\n3,4\n5,6\n7,9\n2,8\n4,1\n6,6\n8,2\n9,9\n");
        string run = Train(data);
        CommandRun eval = CommandRun.Of("eval", run, "--data", data, "--part", "all");
        Assert.Contains(" 9 rows", eval.Output, StringComparison.Ordinal);
        Assert.Contains("line 1 (0, 1) is taken as the names of the columns", eval.Error, StringComparison.Ordinal);
        eval = CommandRun.Of("eval", run, "--data", data, "--part", "all", "--header", "no");
        Assert.Contains(" 10 rows", eval.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("line 1", eval.Error, StringComparison.Ordinal);
        CommandRun.Refuse(["eval", run, "--data", data, "--header", "maybe"], "expected yes or no");

        string plain = Train(data, "--header", "no");
        CommandRun.Succeed("train", "--resume", plain, "--epochs", "3");
    }

    [Fact]
    public void Rows_too_far_out_score_minus_infinity_and_leave_the_means()
    {
        string run = Train();
        string far = Write("x,y\n0.5,0.5\n1e30,0\n1e300,0\n-1.7e308,1.7e308\n", "far.csv");
        double[] scores = Scores(run, far);
        Assert.True(double.IsFinite(scores[0]));
        Assert.All(scores[1..], score => Assert.Equal(double.NegativeInfinity, score));
        string eval = CommandRun.Succeed("eval", run, "--data", far, "--part", "all");
        Assert.Contains("without 3 rows of log density -Infinity", eval, StringComparison.Ordinal);
        Assert.StartsWith(FormattableString.Invariant($"{scores[0]:0.0000} ±"), eval, StringComparison.Ordinal);
        string none = CommandRun.Succeed(
            "eval", run, "--data", Write("x,y\n1e300,0\n0,1e300\n", "none.csv"), "--part", "all");
        Assert.StartsWith("-Infinity nats a row, 2 rows", none, StringComparison.Ordinal);
        Directory.CreateDirectory(_folder.File("parts"));
        File.Copy(WriteRows(), _folder.File("parts/Train.csv"));
        File.Copy(far, _folder.File("parts/VALID.csv"));
        string output = CommandRun.Succeed(
            "train", "--data", _folder.File("parts"), "--out", _folder.File("far"), "--blocks", "1", "--hidden", "8",
            "--epochs", "1");
        Assert.Contains("without 3 rows of log density -Infinity", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1e-200)]
    [InlineData(1e200)]
    [InlineData(1e-300)]
    [InlineData(1e307)]
    public void The_unit_of_a_column_changes_nothing_but_the_unit(double unit)
    {
        double[] scores = Scores(Train(WriteRows()), WriteRows());
        double[] other = Scores(Train(WriteRows("unit.csv", unit)), WriteRows("unit.csv", unit));
        Assert.Equal(scores.Length, other.Length);
        Assert.All(scores.Zip(other), pair => Assert.Equal(pair.First - Math.Log(unit), pair.Second, 1e-4));
    }

    [Theory]
    [InlineData("0,001", "decimal point: 0.001")]
    [InlineData("1,000.5")]
    [InlineData("1_000")]
    [InlineData("1e")]
    [InlineData("0x10")]
    [InlineData("NaN")]
    [InlineData("inf")]
    [InlineData("1e999")]
    [InlineData("\u0663")]
    public void A_number_is_read_in_one_way_or_refused(string number, string says = "a number")
    {
        string[] train = ["train", "--data", WriteRows(), "--out", _folder.File("new")];
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("de-DE");
            Assert.All(
                ["--lr", "--minutes", "--final-lr", "--logit", "--clip"],
                option => CommandRun.Refuse([.. train, option, number], $"{option} is {number}, expected", says));
            CommandRun.Refuse([.. train, "--epochs", number], $"--epochs is {number}, expected a whole number");
            CommandRun.Refuse([.. train, "--hidden", number], $"--hidden is {number}, expected a whole number");
            CommandRun.Refuse([.. train, "--logit", "0.1", "--bounds", $"{number},x"], $"{number},x");
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    private string Train(string? data = null, params string[] more)
    {
        string run = _folder.File($"run{Directory.GetDirectories(_folder.File(".")).Length}");
        CommandRun.Succeed(
        [
            "train", "--data", data ?? WriteRows(), "--out", run, "--blocks", "1", "--hidden", "8", "--epochs", "2",
            "--threads", "1", .. more,
        ]);
        return run;
    }

    private static double[] Scores(string run, string data, params string[] options)
    {
        CommandRun score = CommandRun.Of(["score", run, "--data", data, "--threads", "1", .. options]);
        Assert.True(score.ExitCode == 0, score.Error);
        return [.. score.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1)
            .Select(line => double.Parse(line.Split(',')[1], CultureInfo.InvariantCulture))];
    }

    private string WriteRows(string name = "rows.csv", double unit = 1)
    {
        Random random = new(1);
        return Write("x,y\n" + string.Concat(Enumerable.Range(0, 60).Select(_ => FormattableString.Invariant(
            $"{unit * random.NextDouble()},{random.NextDouble()}\n"))), name);
    }

    private string WriteLabels(string normal, string anomaly)
    {
        Random random = new(2);
        return Write(
            "x,y,k\n" + string.Concat(Enumerable.Range(0, 60).Select(i => FormattableString.Invariant(
                $"{random.NextDouble() + (i < 20 ? 9 : 0)},{random.NextDouble()},{(i < 20 ? anomaly : normal)}\n"))),
            "labels.csv");
    }

    private string Write(string text, string name = "table.csv")
    {
        string path = _folder.File(name);
        File.WriteAllText(path, text);
        return path;
    }

    private static byte[] Doubles(string shape, double[] values) =>
        SampleFiles.Npy("<f8", shape, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
