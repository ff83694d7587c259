using System.Globalization;
using FlowEngine.Tests.Checkpoints;
using Xunit;

namespace FlowEngine.Tests.Cli;

public sealed class DetectTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_detector_scores_rows_and_names_the_column_to_blame()
    {
        string train = Write("train.csv", "width,height", Enumerable.Range(0, 200).Select(i => $"{i % 20},{(i % 20) + (0.1 * (i % 7))}"));
        string labeled = Write("new.csv", "width,height,odd", ["3,3.2,0", "10,10.3,0", "5,60,1"]);
        string run = _folder.File("run");
        string csv = _folder.File("scores.csv");

        Assert.Contains("0.02 false alarms", CommandRun.Succeed("detect", "--data", train, "--out", run, "--false-alarms", "0.02"), StringComparison.Ordinal);
        string page = _folder.File("report.html");
        string output = CommandRun.Succeed("score", run, "--data", labeled, "--label", "odd", "--out", csv, "--report", page);

        string[][] lines = [.. File.ReadAllLines(csv).Select(line => line.Split(','))];
        Assert.Equal(["row", "score", "p_value", "is_anomaly", "column"], lines[0]);
        Assert.Equal(["0", "0", "1"], lines.Skip(1).Select(line => line[3]));
        Assert.Equal(["", "", "height"], lines.Skip(1).Select(line => line[4]));
        Assert.True(double.Parse(lines[3][2], CultureInfo.InvariantCulture) <= 0.02);
        Assert.Contains("1 anomalies", output, StringComparison.Ordinal);
        Assert.Contains("AUROC 1.0000", output, StringComparison.Ordinal);
        string html = File.ReadAllText(page);
        Assert.All(
            ["1 of 3 rows", "a recall of 100.0%", "AUROC 1.0000", "average precision 1.0000", "height = 60 ", "<rect ", "<polyline "],
            text => Assert.Contains(text, html, StringComparison.Ordinal));
        Assert.All(["http", "<script", "<link", "NaN"], text => Assert.DoesNotContain(text, html, StringComparison.Ordinal));
        Assert.Contains("anomaly detector", CommandRun.Succeed("info", run), StringComparison.Ordinal);
        Assert.Contains("\"held_out_rows\":200", CommandRun.Succeed("info", run, "--json"), StringComparison.Ordinal);
    }

    [Fact]
    public void Bad_input_is_refused_in_one_line()
    {
        string few = Write("few.csv", "a,b", ["1,2", "2,3"]);
        string run = _folder.File("run");
        CommandRun.Refuse(["detect", "--data", few, "--out", run], "2 rows", "at least 8");
        CommandRun.Refuse(["detect", "--data", few, "--out", run, "--contamination", "0.7"], "contamination is 0.7", "below 0.5");
        CommandRun.Refuse(["detect", "--data", few, "--out", run, "--contamination", "0.1", "--false-alarms", "0.1"], "expected one of them");
        CommandRun.Refuse(["detect", "--data", "digits", "--out", run], "images, expected a table");
        Assert.False(Directory.Exists(run));
        string train = Write("train.csv", "a,b", Enumerable.Range(0, 30).Select(i => $"{i},{i * i}"));
        CommandRun.Succeed("detect", "--data", train, "--out", run);
        CommandRun.Refuse(["detect", "--data", train, "--out", run], "run");
        CommandRun.Refuse(["score", run, "--data", train, "--reference", train], "--reference is for models");
        CommandRun.Refuse(["score", run, "--data", Write("other.csv", "a,c", ["1,2"])], "b is missing");
        CommandRun.Refuse(["eval", run, "--data", train], "anomaly_detector");
    }

    private string Write(string name, string header, IEnumerable<string> rows)
    {
        string path = _folder.File(name);
        File.WriteAllLines(path, [header, .. rows]);
        return path;
    }
}
