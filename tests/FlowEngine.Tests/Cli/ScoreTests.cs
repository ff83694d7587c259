using System.Globalization;
using System.Text.Json;
using FlowEngine.Models;
using FlowEngine.Tests.Checkpoints;
using FlowEngine.Tests.Data;
using Xunit;

namespace FlowEngine.Tests.Cli;

public sealed class ScoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Scores_of_images_go_to_a_file_and_what_they_find_to_the_output()
    {
        string run = CommandRun.Train(_folder, "run", "--samples", "512");
        string noise = WriteNoise();
        string csv = _folder.File("scores.csv");

        string output = CommandRun.Succeed(
            "score", run, "--data", "digits", "--part", "test", "--anomalies", noise, "--out", csv, "--threads", "1");

        string[][] lines = [.. File.ReadAllLines(csv).Select(line => line.Split(','))];
        Assert.Equal(
            ["row", "anomaly", "log_prob", "typicality", "latent_norm_0", "latent_norm_1", "complexity"], lines[0]);
        Assert.Equal(1 + 180 + 4, lines.Length);
        Assert.Equal(4, lines.Skip(1).Count(line => line[1] == "1"));
        double typical = TrainingLogProb(run);
        Assert.All(lines.Skip(1), line => Assert.Equal(
            Math.Abs(Number(line[2]) - typical), Number(line[3]), 9));

        Assert.Contains("4 anomalies of mean", output, StringComparison.Ordinal);
        Assert.Contains("average precision", output, StringComparison.Ordinal);
        Assert.All(lines[0].Skip(3), name => Assert.Contains(name, output, StringComparison.Ordinal));
    }

    [Fact]
    public void Json_holds_scores_and_ranking_and_a_reference_may_replace_the_training_mean()
    {
        string run = CommandRun.Train(_folder, "run", "--samples", "64");
        string json = CommandRun.Succeed(
            "score", run, "--data", "digits", "--limit", "5", "--anomalies", WriteNoise(), "--json", "--reference",
            "digits", "--threads", "1");

        using JsonDocument document = JsonDocument.Parse(json);
        JsonElement root = document.RootElement;
        Assert.Equal(9, root.GetProperty("count").GetInt32());
        Assert.Equal(9, root.GetProperty("scores").GetProperty("complexity").GetArrayLength());
        double auroc = root.GetProperty("ranking").GetProperty("typicality").GetProperty("auroc").GetDouble();
        Assert.InRange(auroc, 0, 1);
        Assert.NotEqual(TrainingLogProb(run), root.GetProperty("training_log_prob").GetDouble());
        Assert.Equal(TrainingLogProb(run), root.GetProperty("training_log_prob").GetDouble(), 0.5);
    }

    [Theory]
    [InlineData("no such file", "nothing.safetensors", "digits")]
    [InlineData("does not exist", "run", "nothing")]
    [InlineData("images of 4x4x1", "run", "small.npy")]
    [InlineData("limit is 0", "run", "digits", "--limit", "0")]
    [InlineData("--label is for tables", "run", "digits", "--label", "y")]
    [InlineData("images have no validation part", "run", "digits", "--part", "validation")]
    [InlineData("expected all or test or train", "run", "digits", "--part", "half")]
    public void Bad_input_is_refused_in_one_line(string says, string model, string data, params string[] options)
    {
        CommandRun.Train(_folder, "run", "--samples", "32");
        File.WriteAllBytes(_folder.File("small.npy"), SampleFiles.Npy("|u1", "(4, 4, 4)", new byte[64]));
        string source = data == "digits" ? data : _folder.File(data);
        CommandRun.Refuse(["score", _folder.File(model), "--data", source, .. options], says);
    }

    /// <summary>Four images of noise in the digits' levels, as an array of 256 levels.</summary>
    private string WriteNoise()
    {
        byte[] levels = new byte[4 * 64];
        new Random(3).NextBytes(levels);
        string path = _folder.File("test_noise.npy");
        File.WriteAllBytes(path, SampleFiles.Npy("|u1", "(4, 8, 8)", levels));
        return path;
    }

    private static double TrainingLogProb(string run)
    {
        string config = FlowEngine.Checkpoints.CheckpointFile.Load(Path.Combine(run, "checkpoint.safetensors")).Config;
        return ModelConfig.Parse(config, run).TrainingLogProb!.Value;
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
