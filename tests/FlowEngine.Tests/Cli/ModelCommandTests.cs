using System.Text.Json;
using FlowEngine.Checkpoints;
using FlowEngine.Data;
using FlowEngine.Interop;
using FlowEngine.Tests.Checkpoints;
using FlowEngine.Training;
using Xunit;

namespace FlowEngine.Tests.Cli;

public sealed class ModelCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("test", 180)]
    [InlineData("train", 1617)]
    [InlineData("all", 1797)]
    public void Eval_prints_one_object(string part, int images)
    {
        string run = CommandRun.Train(_folder, "run", "--samples", "64");

        string output = CommandRun.Succeed("eval", run, "--data", "digits", "--part", part, "--json");

        using JsonDocument json = JsonDocument.Parse(output);
        Assert.Equal(
            ["unit", "samples", "left_out", "bits_per_dim", "bits_per_dim_stderr", "nats", "nats_stderr", "seconds"],
            json.RootElement.EnumerateObject().Select(member => member.Name));
        Assert.Equal(images, json.RootElement.GetProperty("samples").GetInt32());
        Assert.True(json.RootElement.GetProperty("bits_per_dim").GetDouble() is > 1 and < 6);
    }

    [Fact]
    public void Eval_repeats_the_figure_of_the_run_and_batch_and_threads_do_not_matter()
    {
        string run = CommandRun.Train(_folder, "run", "--samples", "64");
        double recorded = RunFolder.Open(run).ReadMetrics()[^1].BitsPerDim;

        Assert.Equal(recorded, Bits("--batch", "64", "--threads", "1"));
        Assert.Equal(recorded, Bits("--batch", "7", "--threads", "2"));

        double Bits(params string[] more)
        {
            using JsonDocument json = JsonDocument.Parse(
                CommandRun.Succeed(["eval", run, "--data", "digits", "--json", .. more]));
            return json.RootElement.GetProperty("bits_per_dim").GetDouble();
        }
    }

    [Fact]
    public void Raw_weights_are_those_beside_the_checkpoint()
    {
        string run = CommandRun.Train(_folder, "run", "--samples", "512", "--lr", "0.01");
        string[] eval = ["eval", run, "--data", "digits", "--limit", "50", "--json"];

        Assert.NotEqual(Bits(CommandRun.Succeed(eval)), Bits(CommandRun.Succeed([.. eval, "--weights", "raw"])));

        File.Delete(RunFolder.Open(run).StateFile);
        CommandRun.Refuse([.. eval, "--weights", "raw"], "training.safetensors", "no such file");

        static double Bits(string output)
        {
            using JsonDocument json = JsonDocument.Parse(output);
            return json.RootElement.GetProperty("bits_per_dim").GetDouble();
        }
    }

    [Fact]
    public void Sample_writes_a_grid_that_a_seed_repeats()
    {
        string run = CommandRun.Train(_folder, "run", "--samples", "64");
        string first = _folder.File("first.png");
        string second = _folder.File("second.png");

        CommandRun.Succeed("sample", run, "--count", "6", "--seed", "5", "--out", first);
        CommandRun.Succeed("sample", run, "--count", "6", "--seed", "5", "--out", second);

        // Three columns and two rows of digits enlarged fourfold, with gaps of two.
        Image image = PngImage.Read(first);
        Assert.Equal((2 + 2 * 34, 2 + 3 * 34, 1), (image.Height, image.Width, image.Channels));
        Assert.Equal(File.ReadAllBytes(first), File.ReadAllBytes(second));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Info_describes_memory_and_every_layer(bool onData)
    {
        string run = CommandRun.Train(_folder, "run", "--samples", "64");
        string[] info = ["info", run, .. onData ? (string[])["--data", "digits"] : []];

        string text = CommandRun.Succeed(info);
        using JsonDocument json = JsonDocument.Parse(CommandRun.Succeed([.. info, "--json"]));

        Assert.Contains("levels.1.steps.0.coupling", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', text);
        JsonElement root = json.RootElement;
        Assert.True(root.GetProperty("parameters").GetInt64() > 0);
        Assert.Equal(
            ["inference", "store", "invert"],
            root.GetProperty("memory_bytes").EnumerateObject().Select(member => member.Name));
        Assert.Equal(9, root.GetProperty("layers").GetArrayLength());
        Assert.All(
            root.GetProperty("layers").EnumerateArray(),
            layer => Assert.True(layer.GetProperty("round_trip_error").GetDouble() < 1e-4));
    }

    [Fact]
    public void A_flow_of_another_library_is_imported_and_sampled()
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "Golden", "foreign", "zuko-maf");
        string checkpoint = _folder.File("zuko.safetensors");
        string weights = Path.Combine(folder, "weights.safetensors");
        string description = Path.Combine(folder, "flow.json");
        string output = CommandRun.Succeed("import", weights, checkpoint, "--from", "zuko", "--description", description);
        Assert.Contains("transforms: 5 of monotonic_autoregressive, permutation", output, StringComparison.Ordinal);
        CommandRun.Succeed("sample", checkpoint, "--count", "3", "--out", _folder.File("samples.csv"));
        Assert.Equal(4, File.ReadAllLines(_folder.File("samples.csv")).Length);
        CommandRun.Refuse(["import", weights, checkpoint, "--from", "zuko"], "without --description");
        CommandRun.Refuse(["import", weights, checkpoint, "--description", description], "without --from");
        CommandRun.Refuse(
            ["import", weights, checkpoint, "--from", "nflows", "--description", description], "the library is zuko");
    }

    [Fact]
    public void Export_gives_back_what_import_took()
    {
        RosinalityShape shape = new(Channels: 3, Levels: 2, Steps: 2, Hidden: 6, Affine: true);
        string original = _folder.File("original.safetensors");
        string checkpoint = _folder.File("checkpoint.safetensors");
        string exported = _folder.File("exported.safetensors");
        string again = _folder.File("again.safetensors");
        SafetensorsFile.Write(original, new StateDict(shape, seed: 4).Make());

        CommandRun.Succeed("import", original, checkpoint, "--size", "8", "--bins", "32");
        CommandRun assumed = CommandRun.Of("import", original, _folder.File("assumed.safetensors"), "--bins", "32");
        Assert.Contains("flow: note: --size was not given", assumed.Error, StringComparison.Ordinal);
        CommandRun.Succeed("export", checkpoint, exported);
        CommandRun.Succeed("import", exported, again, "--size", "8", "--bins", "32");

        IReadOnlyList<NamedTensor> theirs = SafetensorsFile.Read(original).Tensors;
        IReadOnlyList<NamedTensor> back = SafetensorsFile.Read(exported).Tensors;
        Assert.Equal(theirs.Select(Describe).Order(), back.Select(Describe).Order());
        IReadOnlyDictionary<string, NamedTensor> first = CheckpointFile.Load(checkpoint).Tensors;
        Assert.All(CheckpointFile.Load(again).Tensors.Values, tensor =>
        {
            double[] expected = first[tensor.Name].ToDoubles();
            double[] actual = tensor.ToDoubles();
            Assert.True(expected.Zip(actual, (a, b) => Math.Abs(a - b)).Max() <= 1e-5, tensor.Name);
        });
        Assert.Contains("rosinality", CommandRun.Succeed("info", checkpoint, "--batch", "1"), StringComparison.Ordinal);

        static string Describe(NamedTensor tensor) => $"{tensor.Name} ({string.Join(',', tensor.Shape.ToArray())})";
    }

    [Fact]
    public void Bench_reports_rates_and_the_peak()
    {
        using JsonDocument json = JsonDocument.Parse(CommandRun.Succeed(
            "bench", "--levels", "1", "--steps", "1", "--hidden", "8", "--size", "8", "--channels", "1", "--batch", "4",
            "--threads", "1", "--seconds", "0.05", "--json"));

        string[] positive =
        [
            "train_images_per_s", "log_prob_images_per_s", "log_prob_latency_b1_s", "sample_images_per_s",
            "peak_rss_bytes", "fma_peak_gflops", "train_gflops", "train_share_of_peak",
            "log_prob_gflops", "log_prob_share_of_peak",
        ];
        Assert.All(positive, name => Assert.True(json.RootElement.GetProperty(name).GetDouble() > 0, name));
        Assert.True(json.RootElement.GetProperty("managed_bytes_per_step").GetInt64() >= 0);
    }

    [Fact]
    public void Export_makes_onnx_files_by_their_ending()
    {
        string run = CommandRun.Train(_folder, "run", "--samples", "32");
        string path = _folder.File("model.onnx");
        Assert.Contains(
            "log-prob of images of 8x8x1, 17 grey levels, from x (batch, 8, 8, 1) to log_prob (batch)",
            CommandRun.Succeed("export", run, path),
            StringComparison.Ordinal);
        Assert.Contains(
            "from noise0 (batch, 4, 4, 2) and noise1 (batch, 2, 2, 8) to x (batch, 8, 8, 1)",
            CommandRun.Succeed("export", run, path, "--what", "sample"),
            StringComparison.Ordinal);
        CommandRun.Refuse(["export", run, path, "--what", "samples"], "--what is samples", "log-prob");
        CommandRun.Refuse(["export", run, _folder.File("out"), "--what", "sample"], "ends in .onnx");
        CommandRun.Refuse(["export", run, _folder.File("nowhere/model.onnx")], "there is no folder");
    }

    [Theory]
    [InlineData("")]
    [InlineData("train")]
    [InlineData("eval")]
    [InlineData("sample")]
    [InlineData("info")]
    [InlineData("import")]
    [InlineData("export")]
    [InlineData("bench")]
    public void Help_succeeds(string command)
    {
        string[] args = command.Length > 0 ? [command, "--help"] : ["--help"];
        Assert.Contains("Usage", CommandRun.Succeed(args), StringComparison.Ordinal);
    }
}
