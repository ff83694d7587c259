using System.Text.Json;
using FlowEngine.Data;
using FlowEngine.Tests.Checkpoints;
using Xunit;

namespace FlowEngine.Tests.Cli;

public sealed class CompressionCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Images_come_back_as_an_array()
    {
        string run = CommandRun.Train(_folder, "run", "--samples", "640");
        string file = _folder.File("digits.flw");
        using JsonDocument json = JsonDocument.Parse(CommandRun.Succeed(
            "compress", run, "--data", "digits", "--limit", "150", "--block", "50", "--out", file, "--json"));
        JsonElement root = json.RootElement;
        Assert.Equal(
            [
                "images", "bytes", "ratio", "bits_per_dim", "coded_bits_per_dim", "model_bits_per_dim", "coded_images",
                "initial_bits", "blocks", "stored_blocks", "seconds", "images_per_second",
            ],
            root.EnumerateObject().Select(member => member.Name));
        Assert.Equal(
            (150, 147, 3), (Number("images"), Number("coded_images"), Number("blocks") + Number("stored_blocks")));
        Assert.Equal(new FileInfo(file).Length, Number("bytes"));
        double ratio = root.GetProperty("coded_bits_per_dim").GetDouble()
            / root.GetProperty("model_bits_per_dim").GetDouble();
        Assert.True(Math.Abs(ratio - 1) <= 0.03, $"{ratio} of the model's own bits per dimension");

        string array = _folder.File("images.npy");
        CommandRun.Succeed("decompress", run, file, "--out", array, "--threads", "1");
        AssertImages(array, first: 0, count: 150);
        string output = CommandRun.Succeed(
            "decompress", run, file, "--first", "60", "--limit", "7", "--batch", "1", "--out", array);
        Assert.Contains("7 images of 8x8x1", output, StringComparison.Ordinal);
        AssertImages(array, first: 60, count: 7);

        long Number(string name) => root.GetProperty(name).GetInt64();
    }

    [Fact]
    public void Images_come_back_as_pictures_without_the_padding()
    {
        ImageDataset digits = DatasetLoader.Load("digits").Train.Take(40);
        byte[][] grey = [.. Enumerable.Range(0, 40).Select(i => digits[i].ToArray())];
        string source = _folder.File("source.npy");
        using (FileStream stream = File.Create(source))
        {
            NpyWriter.Write(stream, new ImageDataset("grey", 8, 8, 1, 256, grey));
        }

        string run = _folder.File("run");
        CommandRun.Succeed(
            "train", "--data", source, "--out", run, "--pad", "10", "--levels", "1", "--hidden", "8", "--steps", "1",
            "--batch", "16", "--threads", "1", "--warmup-samples", "64", "--samples", "64");
        string file = _folder.File("images.flw");
        string output = CommandRun.Succeed(
            "compress", run, "--data", source, "--part", "all", "--out", file, "--block", "20");
        Assert.Contains("40 images", output, StringComparison.Ordinal);
        string pictures = _folder.File("pictures");
        CommandRun.Succeed("decompress", run, file, "--first", "30", "--out", pictures);
        Assert.Equal(10, Directory.GetFiles(pictures).Length);
        for (int i = 30; i < 40; i++)
        {
            Assert.Equal(grey[i], PngImage.Read(Path.Combine(pictures, $"000{i}.png")).Pixels);
        }
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        string run = CommandRun.Train(_folder, "run", "--samples", "64");
        string other = CommandRun.Train(_folder, "other", "--samples", "64", "--seed", "1");
        string file = _folder.File("digits.flw");
        string[] compress = ["compress", run, "--data", "digits", "--limit", "20", "--out", file];
        CommandRun.Succeed([.. compress, "--block", "10"]);
        CommandRun.Refuse([.. compress, "--block", "0"], "images a block");
        CommandRun.Refuse(["decompress", other, file, "--out", _folder.File("x.npy")], file, "another model");
        CommandRun.Refuse(["decompress", run, file, "--out", _folder.File("x")], "17 grey levels", ".npy");
        CommandRun.Refuse(["decompress", run, file, "--first", "21", "--out", _folder.File("x.npy")], file, "20");
        string missing = _folder.File("missing");
        CommandRun.Refuse(["decompress", run, missing, "--out", _folder.File("x.npy")], missing);
        string coarse = _folder.File("coarse");
        CommandRun.Succeed([.. CommandRun.TinyTraining(coarse), "--bins", "8", "--samples", "64"]);
        CommandRun.Refuse(
            ["compress", coarse, "--data", "digits", "--out", file], "17 grey levels", "without loss");
        byte[] damaged = File.ReadAllBytes(file);
        damaged[^100] ^= 4;
        File.WriteAllBytes(file, damaged);
        CommandRun.Refuse(["decompress", run, file, "--out", _folder.File("x.npy")], file, "block 1 of 2 is damaged");
    }

    private static void AssertImages(string array, int first, int count)
    {
        ImageDataset expected = DatasetLoader.Load("digits").Test;
        ImageDataset images = NpyReader.Read(array, "images");
        Assert.Equal(count, images.Count);
        for (int i = 0; i < count; i++)
        {
            Assert.Equal(expected[first + i].ToArray(), images[i].ToArray());
        }
    }
}
