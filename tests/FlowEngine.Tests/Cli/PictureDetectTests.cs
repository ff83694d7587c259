using System.Diagnostics;
using System.Globalization;

using FlowEngine.Cli;
using FlowEngine.Data;
using FlowEngine.Tensors;
using FlowEngine.Tests.Checkpoints;
using FlowEngine.Tests.Onnx;

using Xunit;

namespace FlowEngine.Tests.Cli;

/// <summary>The anomaly detector on folders of pictures, through networks in ONNX Runtime.</summary>
public sealed class PictureDetectTests : IDisposable
{
    // Pictures are 48x40; of 8x8 positions one is 6x5 pixels.
    private const int Height = 48;
    private const int Width = 40;
    private const int PatchSize = 10;
    private const int Normal = 20;
    private const int Odd = 6;

    private readonly TemporaryFolder _folder = new();
    private readonly string _network;
    private readonly string _train;

    public PictureDetectTests()
    {
        _network = _folder.File("network.onnx");
        FeatureNetworks.WriteMap(_network);
        _train = _folder.File("train");
        WriteTextures(_train, 40, 0);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_planted_patch_is_found_and_its_heat_map_is_highest_on_it()
    {
        string run = _folder.File("run");
        string said = CommandRun.Succeed(
            "detect", "--data", _train, "--network", _network, "--positions", "--out", run, "--false-alarms", "0.1");
        Assert.StartsWith("40 pictures of 8x8 positions, ", said, StringComparison.Ordinal);
        Assert.Contains("by 40 pictures held out", said, StringComparison.Ordinal);
        (string test, (int X, int Y)[] patches) = WriteTest();

        // A run can be moved: it has its network.
        string moved = _folder.File("moved");
        Directory.Move(run, moved);
        string csv = _folder.File("scores.csv");
        string maps = _folder.File("maps");
        string report = _folder.File("report.html");
        string summary = CommandRun.Succeed(
            "score", moved, "--data", test, "--normal", "good", "--out", csv, "--heat-maps", maps, "--report", report);

        string[][] lines = Lines(csv, "picture,score,p_value,is_anomaly,x,y");
        Assert.Equal(Odd + Normal, lines.Length);
        Assert.Equal("broken/0.png", lines[0][0]);
        for (int i = 0; i < Odd; i++)
        {
            Assert.Equal("1", lines[i][3]);
            AssertOn(patches[i], int.Parse(lines[i][4], CultureInfo.InvariantCulture), int.Parse(lines[i][5], CultureInfo.InvariantCulture));
            AssertHighestOn(patches[i], PngImage.Read(Path.Combine(maps, lines[i][0])));
        }

        int alarms = lines.Skip(Odd).Count(line => line[3] == "1");
        Assert.True(alarms <= 6, $"{alarms} of {Normal} normal pictures are above the threshold");
        Assert.Contains("AUROC 1.0000", summary, StringComparison.Ordinal);
        string[] html = File.ReadAllText(report).Split("data:image/png;base64,");
        Assert.Equal(1 + 20, html.Length);
        string page = string.Concat(html.Select(part => part[Math.Max(0, part.IndexOf('"', StringComparison.Ordinal))..]));
        Assert.All(
            ["a recall of 100.0%", "broken/0.png", "labelled an anomaly", "threshold "],
            text => Assert.Contains(text, page, StringComparison.Ordinal));
        Assert.All(["http", "<script", "NaN"], text => Assert.DoesNotContain(text, page, StringComparison.Ordinal));
        Assert.Contains("by position", CommandRun.Succeed("info", moved), StringComparison.Ordinal);
    }

    [Fact]
    public void Pooled_features_find_pictures_of_another_texture()
    {
        string run = _folder.File("run");
        string network = _folder.File("any.onnx");
        FeatureNetworks.WriteMap(network, size: -1);
        CommandRun.Succeed(
            "detect", "--data", _train, "--network", network, "--size", "32", "--mean", "0.5,0.5,0.5", "--std", "0.5,0.5,0.5", "--out", run);
        string other = _folder.File("other");
        WriteTextures(other, 10, 5, period: 3);

        string csv = CommandRun.Succeed("score", run, "--data", other, "--report", _folder.File("report.html"));
        Assert.StartsWith("picture,score,p_value,is_anomaly\n", csv, StringComparison.Ordinal);
        Assert.Equal(10, csv.Split('\n').Count(line => line.EndsWith(",1", StringComparison.Ordinal)));
        CommandRun.Refuse(["score", run, "--data", other, "--heat-maps", _folder.File("maps")], "--heat-maps", "--positions");
        Assert.False(Directory.Exists(_folder.File("maps")));
    }

    [Fact]
    public void The_mean_of_a_network_is_that_over_positions()
    {
        string pooled = _folder.File("pooled.onnx");
        FeatureNetworks.WritePooled(pooled);
        double[][] scores = [.. new[] { pooled, _network }.Select((network, i) =>
        {
            string run = _folder.File($"run{i}");
            CommandRun.Succeed("detect", "--data", _train, "--network", network, "--out", run);
            string csv = _folder.File($"{i}.csv");
            CommandRun.Succeed("score", run, "--data", _train, "--out", csv);
            return Lines(csv, "picture,score,p_value,is_anomaly").Select(line => double.Parse(line[1], CultureInfo.InvariantCulture)).ToArray();
        })];
        Assert.All(scores[0].Zip(scores[1]), pair => Assert.True(Math.Abs(pair.First - pair.Second) <= 1e-3 * pair.First));
    }

    [Fact]
    public void A_part_of_a_folder_is_fitted_and_scored()
    {
        string parts = _folder.File("parts");
        WriteTextures(Path.Combine(parts, "train", "good"), 12, 0);
        WriteTextures(Path.Combine(parts, "test", "good"), 3, 1);
        WriteTextures(Path.Combine(parts, "masks"), 2, 2);
        string run = _folder.File("run");
        Assert.StartsWith("12 pictures, ", CommandRun.Succeed(
            "detect", "--data", parts, "--part", "train", "--network", _network, "--out", run), StringComparison.Ordinal);
        string csv = CommandRun.Succeed("score", run, "--data", parts, "--part", "test", "--limit", "2");
        Assert.Equal(["picture", "test/good/0.png", "test/good/1.png"], csv.Split('\n')[..3].Select(line => line.Split(',')[0]));
        CommandRun.Refuse(["score", run, "--data", parts, "--part", "validation"], "has no part val");
    }

    [Fact]
    public void Bad_input_is_refused_in_one_line()
    {
        string run = _folder.File("run");
        string[] detect = ["detect", "--data", _train, "--out", run, "--network"];
        string other = _folder.File("other.onnx");

        FeatureNetworks.WriteBoth(other);
        CommandRun.Refuse([.. detect, other], "has the outputs map, mean", "--output");
        CommandRun.Refuse([.. detect, other, "--output", "mode"], "has the outputs map, mean", "mode");
        CommandRun.Refuse([.. detect, other, "--output", "mean", "--positions"], "mean is of (1, 12), without positions");
        FeatureNetworks.WriteGray(other);
        CommandRun.Refuse([.. detect, other], "gray is float32 of (any, 1, 32, 32), expected float32 of (1 or any, 3, height, width)");
        FeatureNetworks.WriteMap(other, size: -1);
        CommandRun.Refuse([.. detect, other], "any number of rows", "--size");
        CommandRun.Refuse([.. detect, other, "--size", "0"], "pictures of 0 rows", "1 to 4096");
        CommandRun.Refuse([.. detect, _network, "--size", "64"], "--size is 64", "32 rows");
        File.WriteAllText(other, "no network");
        CommandRun.Refuse([.. detect, other], "other.onnx: is no network that is read", "ONNX Runtime");
        CommandRun.Refuse([.. detect, _folder.File("none.onnx")], "none.onnx: does not exist");
        CommandRun.Refuse([.. detect, _network, "--mean", "0.5"], "--mean has 1 numbers, expected 3");
        CommandRun.Refuse([.. detect, _network, "--std", "1,1,0"], "--std is 1,1,0, expected numbers above 0");
        CommandRun.Refuse([.. detect, _network, "--label", "a"], "--label is for tables");

        string table = _folder.File("table.csv");
        File.WriteAllLines(table, ["a,b", .. Enumerable.Range(0, 20).Select(i => $"{i},{i * i}")]);
        CommandRun.Refuse(["detect", "--data", table, "--out", run, "--network", _network], "is a table", "folder of pictures");
        CommandRun.Refuse(["detect", "--data", _network, "--out", run, "--network", _network], "is a file, expected a folder of pictures");
        CommandRun.Refuse(["detect", "--data", table, "--out", run, "--positions"], "--positions is for pictures", "--network");
        Directory.CreateDirectory(_folder.File("empty"));
        CommandRun.Refuse(["detect", "--data", _folder.File("empty"), "--out", run, "--network", _network], "holds no images");
        CommandRun.Refuse(["detect", "--data", _train, "--out", run], "images, expected a table", "--network");
        WriteTextures(_folder.File("few"), 7, 0);
        CommandRun.Refuse(["detect", "--data", _folder.File("few"), "--out", run, "--network", _network], "7 pictures", "at least 8");
        Assert.False(Directory.Exists(run));

        CommandRun.Succeed([.. detect, _network]);
        FeatureNetworks.WriteMap(other, seed: 2);
        CommandRun.Refuse(["score", run, "--data", _train, "--network", other], "is another network", "SHA-256");
        CommandRun.Refuse(["score", run, "--data", _train, "--normal", "good"], "has no labels");
        CommandRun.Refuse(["score", run, "--data", _train, "--label", "a"], "--label is for tables");
        CommandRun.Refuse(["score", run, "--data", table], "is a file, expected a folder of pictures");
        File.WriteAllBytes(Path.Combine(_train, "7.png"), [1, 2, 3]);
        CommandRun.Refuse(["score", run, "--data", _train], "7.png");
        File.Delete(Path.Combine(run, "network.onnx"));
        CommandRun.Refuse(["score", run, "--data", _train], "network.onnx: does not exist");
    }

    [Theory]
    [InlineData("none.so", "no ONNX Runtime: ")]
    [InlineData("libc.so.6", "libc.so.6 is no ONNX Runtime")]
    public void Without_the_library_one_line_says_what_to_do(string library, string says)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the library has its Linux name");
        ProcessStartInfo start = new(
            "dotnet", [typeof(FlowCommand).Assembly.Location, "detect", "--data", _train, "--network", _network, "--out", _folder.File("run")])
        {
            RedirectStandardError = true,
        };
        start.Environment[OnnxLibrary.Variable] = library;
        using Process process = Process.Start(start)!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(2, process.ExitCode);
        Assert.Contains(says, error, StringComparison.Ordinal);
        Assert.Contains("FLOWENGINE_ONNXRUNTIME", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    /// <summary>Normal pictures, and others with a patch each, in folders of their classes.</summary>
    private (string Folder, (int X, int Y)[] Patches) WriteTest()
    {
        string test = _folder.File("test");
        WriteTextures(Path.Combine(test, "good"), Normal, 1);
        double[] uniform = new HostRandom(3, RandomPurpose.Sample, 0).Uniform(2 * Odd);
        (int X, int Y)[] patches = [.. Enumerable.Range(0, Odd).Select(i => (
            (int)(uniform[2 * i] * (Width - PatchSize)), (int)(uniform[(2 * i) + 1] * (Height - PatchSize))))];
        WriteTextures(Path.Combine(test, "broken"), Odd, 2, plant: (i, pixels) =>
        {
            for (int p = 0; p < PatchSize * PatchSize; p++)
            {
                int at = 3 * (((patches[i].Y + (p / PatchSize)) * Width) + patches[i].X + (p % PatchSize));
                (pixels[at], pixels[at + 1], pixels[at + 2]) = (250, 20, 20);
            }
        });
        return (test, patches);
    }

    /// <summary>Stripes at some phase under noise.</summary>
    private static void WriteTextures(string folder, int count, ulong seed, double period = 9, Action<int, byte[]>? plant = null)
    {
        Directory.CreateDirectory(folder);
        for (int i = 0; i < count; i++)
        {
            double[] noise = new HostRandom((1000 * seed) + (ulong)i, RandomPurpose.Sample, 0).Normal((Height * Width) + 1);
            byte[] pixels = new byte[3 * Height * Width];
            for (int p = 0; p < Height * Width; p++)
            {
                double stripe = Math.Sin((((p % Width) + (0.5 * (p / Width))) * Math.Tau / period) + (9 * noise[^1]));
                double level = 120 + (50 * stripe) + (8 * noise[p]);
                (pixels[3 * p], pixels[(3 * p) + 1], pixels[(3 * p) + 2]) = ((byte)level, (byte)(0.9 * level), (byte)(0.7 * level));
            }

            plant?.Invoke(i, pixels);
            PngImage.Write(Path.Combine(folder, $"{i}.png"), new Image(Height, Width, 3, pixels));
        }
    }

    private static string[][] Lines(string csv, string header)
    {
        string[] lines = File.ReadAllLines(csv);
        Assert.Equal(header, lines[0]);
        return [.. lines.Skip(1).Select(line => line.Split(','))];
    }

    /// <summary>A place is on a patch, or at most a position beside it.</summary>
    private static void AssertOn((int X, int Y) patch, double x, double y) => Assert.True(
        x >= patch.X - 5 && x < patch.X + PatchSize + 5 && y >= patch.Y - 6 && y < patch.Y + PatchSize + 6,
        $"({x}, {y}) is not on the patch at {patch}");

    /// <summary>Of the colors of the scale, yellow has most more red than blue, and the picture below is grey.</summary>
    private static void AssertHighestOn((int X, int Y) patch, Image map)
    {
        int factor = map.Width / Width;
        int[] yellow = [.. Enumerable.Range(0, Height * factor * map.Width).Select(p => map.Pixels[3 * p] - map.Pixels[(3 * p) + 2])];
        int most = yellow.Max();
        Assert.True(most >= 60, $"{most}");
        int[] highest = [.. Enumerable.Range(0, yellow.Length).Where(p => yellow[p] == most)];
        AssertOn(patch, highest.Average(p => p % map.Width) / factor, highest.Average(p => p / map.Width) / factor);
    }
}
