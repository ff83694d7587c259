using FlowEngine.Cli;
using FlowEngine.Tests.Checkpoints;
using Xunit;

namespace FlowEngine.Tests.Cli;

/// <summary>What a terminal shows while a command takes long.</summary>
public sealed class WaitLineTests : IDisposable
{
    private const string Erase = "\r\e[2K";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("reading x", "reading x", 0, 0, 0.5)]
    [InlineData("reading x, 3 s so far", "reading x", 0, 0, 2.5)]
    [InlineData("evaluating 25%, 30 s left", "evaluating", 250, 1000, 10)]
    [InlineData("evaluating 0%, 10 s so far", "evaluating", 0, 1000, 10)]
    [InlineData("evaluating 1%, 99 min left", "evaluating", 1, 100, 60)]
    [InlineData("evaluating 1%, 2.8 h left", "evaluating", 1, 100, 101)]
    public void A_line_says_what_is_done_and_how_long_it_will_take(string line, string what, long done, long all, double seconds) =>
        Assert.Equal(line, WaitLine.Text(what, done, all, seconds));

    [Fact]
    public void A_line_fits_a_terminal() =>
        Assert.Equal(78, WaitLine.Text(new string('x', 500), 1, 100, 101).Length);

    [Fact]
    public void Every_command_that_may_take_long_says_what_it_does()
    {
        string run = _folder.File("run");
        string table = _folder.File("t.csv");
        string detector = _folder.File("detector");
        File.WriteAllLines(table, ["a,b", .. Enumerable.Range(0, 100).Select(i => $"{i * 37 % 101},{i * 53 % 89}")]);
        Shows([.. CommandRun.TinyTraining(run), "--images", "64"], "reading digits", "initializing the model");
        Shows(["train", "--resume", run, "--images", "96"], "reading digits", "reading the run");
        Shows(["eval", run, "--data", "digits"], "reading digits", "evaluating 180 images");
        Shows(["sample", run, "--out", _folder.File("grid.png")], "drawing 64 images");
        Shows(["score", run, "--data", "digits", "--out", _folder.File("s.csv")], "reading digits", "scoring 1797 images");
        Shows(["compress", run, "--data", "digits", "--out", _folder.File("c")], "evaluating 180 images", "compressing 180 images");
        Shows(["decompress", run, _folder.File("c"), "--out", _folder.File("d.npy")], "decompressing 180 images");
        Shows(
            ["edit", run, "--data", "digits", "--with", "1", "--limit", "20", "--out", _folder.File("e.png")],
            "encoding 20 images and back",
            "decoding 20 images");
        Shows(["style", run, "--data", "digits", "--out", _folder.File("f.png")], "encoding 4 images and back", "decoding 12 images");
        Shows(["interpolate", run, "--out", _folder.File("g.png")], "drawing 4 images", "decoding 27 images");
        Shows(["export", run, _folder.File("m.onnx")], $"writing {_folder.File("m.onnx")}");
        Shows(["prepare", "digits", _folder.File("prepared")], "reading digits", $"writing {_folder.File("prepared")}");
        Shows(["detect", "--data", table, "--out", detector], $"reading {table}", "fitting 100 rows of 2 columns");
        Shows(
            ["score", detector, "--data", table, "--out", _folder.File("s2.csv"), "--report", _folder.File("r.html")],
            "scoring 100 rows",
            "finding the columns to blame");
        Shows(["bench", "--seconds", "0.001", "--size", "8", "--steps", "1", "--hidden", "8", "--batch", "2"], "measuring");
        if (FullRun.IsOn)
        {
            Shows(["selftest"], "testing cpu in ");
        }
    }

    [Fact]
    public void What_is_told_stands_in_its_own_line()
    {
        using StringWriter error = new();
        using (SteadyWriter told = new(error) { Patience = TimeSpan.Zero })
        {
            told.ShowForNow("waiting");
            told.ShowForNow("waiting 1%");
            told.WriteLine("note");
            told.ShowForNow(null);
        }

        Assert.Equal($"waiting{Erase}waiting 1%{Erase}note{Environment.NewLine}", error.ToString());
    }

    [Fact]
    public void A_quick_command_and_one_without_a_terminal_show_nothing()
    {
        string run = CommandRun.Train(_folder, "run", "--images", "32");
        foreach (TimeSpan? patience in new TimeSpan?[] { null, TimeSpan.FromHours(1) })
        {
            using StringWriter output = new();
            using StringWriter error = new();
            Assert.Equal(0, FlowCommand.Run(["sample", run, "--out", _folder.File("grid.png")], output, error, patience));
            Assert.Equal(string.Empty, error.ToString());
        }
    }

    /// <summary>Runs a command that says at once what it does, and takes it away again.</summary>
    /// <returns>What it wrote to standard output.</returns>
    internal static string Shows(string[] args, params string[] steps)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        int code = FlowCommand.Run(args, output, error, TimeSpan.Zero);
        string shown = error.ToString();
        Assert.True(code == 0, $"exit code {code}: {shown}");
        Assert.All(steps, step => Assert.Contains(step, shown, StringComparison.Ordinal));
        Assert.Equal(string.Empty, shown.Split('\n')[^1].Split(Erase)[^1]);
        return output.ToString();
    }
}
