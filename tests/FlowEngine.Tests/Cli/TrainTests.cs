using System.Text.Json;
using System.Text.RegularExpressions;
using FlowEngine.Checkpoints;
using FlowEngine.Data;
using FlowEngine.Models;
using FlowEngine.Tests.Checkpoints;
using FlowEngine.Training;
using Xunit;

namespace FlowEngine.Tests.Cli;

public sealed partial class TrainTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_run_writes_every_file_and_each_reads()
    {
        string run = CommandRun.Train(_folder, "run", "--samples", "256");

        RunFolder folder = RunFolder.Open(run);
        RunConfig config = folder.ReadConfig();
        Assert.Equal("digits", config.Data);
        Assert.Equal(256, config.Limits.Samples);
        Assert.Equal(config, RunConfig.Parse(config.ToJson(), "again"));
        Assert.Equal(17, config.Model.Options.Bins);
        Assert.True(ModelConfig.Parse(CheckpointFile.Load(folder.CheckpointFile).Config, "checkpoint").IsInitialized);
        Assert.NotEmpty(CheckpointFile.Load(folder.StateFile).Tensors);
        Assert.Equal(folder.SampleFile(null), folder.SampleFiles[^1]);
        Assert.All(folder.SampleFiles, file => Assert.Equal((8 * 34 + 2, 8 * 34 + 2), SizeOf(file)));

        string[] lines = File.ReadAllLines(folder.MetricsFile);
        Assert.Equal(lines.Length, folder.ReadMetrics().Count);
        Assert.Equal(
            [
                "kind", "update", "samples", "epoch", "bits_per_dim", "gradient_norm", "lr", "samples_per_s", "seconds",
                "skipped",
            ],
            Keys(lines.First(line => line.Contains("\"train\"", StringComparison.Ordinal))));
        Assert.Superset(
            new HashSet<string> { "kind", "samples", "bits_per_dim", "bits_per_dim_stderr", "seconds" },
            Keys(lines.First(line => line.Contains("\"eval\"", StringComparison.Ordinal))).ToHashSet());
        EvalMetrics last = Assert.IsType<EvalMetrics>(folder.ReadMetrics()[^1]);
        Assert.Equal((256, 180), (last.Samples, last.HeldOutSamples));
    }

    [Fact]
    public void The_chosen_sizes_are_printed()
    {
        string output = CommandRun.Succeed([.. CommandRun.TinyTraining(_folder.File("run")), "--samples", "32"]);

        Assert.Contains("1617 training and 180 held-out images of 8x8x1, 17 grey", output, StringComparison.Ordinal);
        Assert.Contains("2 levels of 1 steps, hidden 8, affine couplings", output, StringComparison.Ordinal);
        Assert.Contains("store: ", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_output_is_the_metrics_file_and_a_last_line()
    {
        string run = _folder.File("run");
        string[] lines = CommandRun.Succeed([.. CommandRun.TinyTraining(run), "--samples", "128", "--json"])
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(File.ReadAllLines(RunFolder.Open(run).MetricsFile), lines[..^1].Select(line => line.TrimEnd()));
        using JsonDocument done = JsonDocument.Parse(lines[^1]);
        Assert.Equal("done", done.RootElement.GetProperty("kind").GetString());
        Assert.Equal("completed", done.RootElement.GetProperty("outcome").GetString());
    }

    [Theory]
    [InlineData("store")]
    [InlineData("invert")]
    public void A_resumed_run_ends_with_the_bits_of_a_straight_one(string memory)
    {
        string[] options = ["--memory", memory, "--flip", "--seed", "3"];
        string straight = CommandRun.Train(_folder, "straight", [.. options, "--samples", "512"]);
        string resumed = CommandRun.Train(_folder, "resumed", [.. options, "--samples", "256"]);

        CommandRun.Succeed("train", "--resume", resumed, "--samples", "512");

        AssertSameTensors(RunFolder.Open(straight).CheckpointFile, RunFolder.Open(resumed).CheckpointFile);
        AssertSameTensors(RunFolder.Open(straight).StateFile, RunFolder.Open(resumed).StateFile);
        Assert.Equal(LastEvaluation(straight), LastEvaluation(resumed));
    }

    [Theory]
    [InlineData("--samples", "640")]
    [InlineData("--minutes", "0.03")]
    public void A_short_run_gets_through_its_warm_up_and_its_rate_comes_down(string limit, string value)
    {
        string run = _folder.File("run");
        string output = CommandRun.Succeed(
            "train", "--data", "digits", "--out", run, "--hidden", "8", "--steps", "1", "--batch", "32", "--threads", "1", limit,
            value);

        double[] rates = [.. RunFolder.Open(run).ReadMetrics().OfType<TrainMetrics>().Select(line => line.Rate)];
        Assert.True(rates.Max() >= 2.7e-3, $"the rate rose to {rates.Max()}");
        Assert.True(rates[^1] <= 1.5e-3, $"the rate ended at {rates[^1]}");
        Assert.Equal(limit == "--minutes", output.Contains("images in 0.03 minutes: warm-up over", StringComparison.Ordinal));
    }

    [Fact]
    public void A_run_folder_that_counts_images_under_earlier_names_resumes()
    {
        string straight = CommandRun.Train(_folder, "straight", "--samples", "128");
        string resumed = CommandRun.Train(_folder, "resumed", "--samples", "64");
        RunFolder folder = RunFolder.Open(resumed);
        foreach (string file in new[] { folder.ConfigFile, folder.MetricsFile })
        {
            string text = File.ReadAllText(file);
            Assert.Contains("samples", text, StringComparison.Ordinal);
            File.WriteAllText(file, text.Replace("samples", "images", StringComparison.Ordinal));
        }

        int lines = folder.ReadMetrics().Count;
        CommandRun.Succeed("train", "--resume", resumed, "--images", "128");

        Assert.InRange(folder.ReadMetrics().Count, lines + 1, int.MaxValue);
        Assert.DoesNotContain("images", File.ReadAllText(folder.MetricsFile), StringComparison.Ordinal);
        AssertSameTensors(RunFolder.Open(straight).CheckpointFile, folder.CheckpointFile);
    }

    [Fact]
    public void A_complete_run_resumes_to_nothing()
    {
        string run = CommandRun.Train(_folder, "run", "--samples", "64");
        string metrics = File.ReadAllText(RunFolder.Open(run).MetricsFile);

        CommandRun.Succeed("train", "--resume", run);

        Assert.Equal(metrics, File.ReadAllText(RunFolder.Open(run).MetricsFile));
    }

    [Fact]
    public void Metrics_after_the_resumed_position_are_cut_off()
    {
        string run = CommandRun.Train(_folder, "run", "--samples", "128");
        RunFolder folder = RunFolder.Open(run);
        folder.Append(new EvalMetrics(160, 9, 9, 9, 9));
        File.AppendAllText(folder.MetricsFile, "{\"kind\":\"tra");

        CommandRun.Succeed("train", "--resume", run, "--samples", "160");

        IReadOnlyList<RunMetrics> metrics = folder.ReadMetrics();
        Assert.DoesNotContain(metrics, line => line.BitsPerDim == 9);
        Assert.Equal(File.ReadAllLines(folder.MetricsFile).Length, metrics.Count);
        Assert.Equal(160, metrics[^1].Samples);
    }

    [Fact]
    public void Init_takes_weights_and_sizes_and_initializes_nothing_again()
    {
        string first = CommandRun.Train(_folder, "first", "--samples", "128");

        // At this rate the weights stay, but for the rounding of their average.
        CommandRun.Succeed(
            "train", "--data", "digits", "--out", _folder.File("second"), "--init", first, "--batch", "32",
            "--samples", "32", "--lr", "1e-30", "--threads", "1");

        IReadOnlyDictionary<string, NamedTensor> before =
            CheckpointFile.Load(RunFolder.Open(first).CheckpointFile).Tensors;
        RunFolder second = RunFolder.Open(_folder.File("second"));
        Assert.All(CheckpointFile.Load(second.CheckpointFile).Tensors.Values, tensor =>
            Assert.True(Difference(tensor, before[tensor.Name]) <= 1e-6, tensor.Name));
    }

    [Fact]
    public void Padding_is_cut_off_samples_again()
    {
        string run = CommandRun.Train(_folder, "run", "--samples", "64", "--pad", "12", "--levels", "2");
        string grid = _folder.File("grid.png");

        CommandRun.Succeed("sample", run, "--count", "1", "--out", grid);

        Assert.Equal(12, RunFolder.Open(run).ReadConfig().Model.Options.Height);
        Assert.Equal((36, 36), SizeOf(grid));
    }

    [Fact]
    public void Padding_without_a_size_reaches_the_next_multiple()
    {
        string run = CommandRun.Train(_folder, "run", "--samples", "32", "--levels", "4", "--pad");
        Assert.Equal(16, RunFolder.Open(run).ReadConfig().Model.Options.Height);
    }

    [Fact]
    public void The_report_needs_no_other_file()
    {
        string run = CommandRun.Train(_folder, "run", "--samples", "128");
        string html = File.ReadAllText(RunFolder.Open(run).ReportFile);

        Assert.Contains("<svg", html, StringComparison.Ordinal);
        Assert.Contains("<polyline", html, StringComparison.Ordinal);
        Assert.Contains("<table>", html, StringComparison.Ordinal);
        Assert.NotEmpty(Sources().Matches(html));
        Assert.All(
            Sources().Matches(html),
            match => Assert.StartsWith("data:image/png;base64,", match.Groups[1].Value, StringComparison.Ordinal));
        Assert.DoesNotContain("http", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<link", html, StringComparison.Ordinal);
        string beforeSamples = html[..html.IndexOf("<h2>Samples", StringComparison.Ordinal)];
        Assert.DoesNotContain("NaN", beforeSamples, StringComparison.Ordinal);
        Assert.Contains($"<code>{RunFolder.Open(run).ReadConfig().Command}</code>", html, StringComparison.Ordinal);
        Assert.Contains("flow train --data digits --out ", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Fifty_updates_in_a_row_that_are_not_finite_stop_the_run()
    {
        CommandRun run = CommandRun.Of(
            [.. CommandRun.TinyTraining(_folder.File("run")), "--lr", "1e30", "--clip", "0"]);

        Assert.Equal(1, run.ExitCode);
        string[] lines = run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.StartsWith("flow: warning: update ", lines[0], StringComparison.Ordinal);
        Assert.Contains("50 updates in a row", lines[1], StringComparison.Ordinal);
    }

    private static void AssertSameTensors(string expected, string actual)
    {
        IReadOnlyDictionary<string, NamedTensor> first = CheckpointFile.Load(expected).Tensors;
        IReadOnlyDictionary<string, NamedTensor> second = CheckpointFile.Load(actual).Tensors;
        Assert.Equal(first.Keys.Order(), second.Keys.Order());
        Assert.All(first, pair => Assert.True(
            pair.Value.Bytes.SequenceEqual(second[pair.Key].Bytes), $"{pair.Key} differs"));
    }

    private static double Difference(NamedTensor a, NamedTensor b) =>
        a.ToDoubles().Zip(b.ToDoubles(), (x, y) => Math.Abs(x - y)).Max();

    private static (long Samples, double BitsPerDim) LastEvaluation(string run)
    {
        EvalMetrics last = RunFolder.Open(run).ReadMetrics().OfType<EvalMetrics>().Last();
        return (last.Samples, last.BitsPerDim);
    }

    private static (int Height, int Width) SizeOf(string png)
    {
        Image image = PngImage.Read(png);
        return (image.Height, image.Width);
    }

    private static IEnumerable<string> Keys(string line)
    {
        using JsonDocument json = JsonDocument.Parse(line);
        return [.. json.RootElement.EnumerateObject().Select(member => member.Name)];
    }

    [GeneratedRegex("src=\"([^\"]*)\"")]
    private static partial Regex Sources();
}
