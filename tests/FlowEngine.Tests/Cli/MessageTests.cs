using System.IO.Compression;
using System.Text;

using FlowEngine.Data;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Models;
using FlowEngine.Tests.Checkpoints;
using FlowEngine.Tests.Data;

using Xunit;

namespace FlowEngine.Tests.Cli;

/// <summary>What is wrong is one line that says what is there, what was expected and what to do.</summary>
public sealed class MessageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_model_and_data_of_different_kinds()
    {
        string images = CommandRun.Train(_folder, "images", "--samples", "32");
        string rows = TrainRows();
        string table = Write("t.csv", "x,y\n1,2\n3,4\n");
        string pictures = _folder.File("p.npy");
        File.WriteAllBytes(pictures, SampleFiles.Npy("|u1", "(4, 8, 8)", new byte[256]));
        foreach (string command in new[] { "eval", "score" })
        {
            CommandRun.Refuse([command, rows, "--data", "digits"], "digits", "are images", "expected a table");
            CommandRun.Refuse([command, rows, "--data", pictures], "p.npy", "shape (4, 8, 8)", "(rows, columns)");
            CommandRun.Refuse([command, rows, "--data", _folder.File("images")], "is no table");
            CommandRun.Refuse([command, images, "--data", table], "t.csv", "holds a table", "images of 8x8x1");
            CommandRun.Refuse([command, images, "--data", "rings"], "rings", "holds a table");
        }

        Assert.Throws<FlowException>(() => DatasetLoader.Load(table));
    }

    [Fact]
    public void Files_that_are_taken_for_checkpoints()
    {
        string run = CommandRun.Train(_folder, "run", "--samples", "32");
        CommandRun.Refuse(["info", Path.Combine(run, "training.safetensors")], "state of a training run", "checkpoint.safetensors");
        CommandRun.Refuse(["info", Path.Combine(run, "config.json")], "config.json", "JSON text");
        string zip = _folder.File("model.pt");
        File.WriteAllBytes(zip, SampleFiles.Npz(CompressionLevel.NoCompression, ("data", new byte[64])));
        string pickle = _folder.File("old.pt");
        File.WriteAllBytes(pickle, [0x80, 2, .. new byte[64]]);
        foreach (string path in new[] { zip, pickle })
        {
            CommandRun.Refuse(["info", path], path, "PyTorch", "safetensors.torch.save_file");
            CommandRun.Refuse(["import", path, _folder.File("out")], path, "PyTorch");
        }

        CommandRun.Refuse(["import", run, _folder.File("out")], "is a folder, expected a file");
        CommandRun.Refuse(["decompress", run, run, "--out", _folder.File("out.npy")], "is a folder, expected a file");
        CommandRun.Refuse(["info", _folder.File(".")], "is a folder without checkpoint.safetensors");
        using CpuBackend backend = new(1);
        using Model model = Model.Load(run, backend);
        Assert.True(model.Config.IsInitialized);
    }

    [Fact]
    public void Files_that_cannot_be_written()
    {
        string run = CommandRun.Train(_folder, "run", "--samples", "32");
        string missing = _folder.File("nodir/x.png");
        string folder = _folder.File("run");
        CommandRun.Refuse(["sample", run, "--out", missing], missing, "there is no folder", "create it");
        CommandRun.Refuse(["sample", run, "--out", folder], folder, "it is a folder, expected the name of a file");
        CommandRun.Refuse(["score", run, "--data", "digits", "--out", folder], folder, "is a folder");
        CommandRun.Refuse(["interpolate", run, "--data", "digits", "--out", missing], missing, "there is no folder");
        CommandRun.Refuse(["sample", run, "--out", _folder.File("s.jpg")], "--out", "s.jpg", ".png or .npy");
        CommandRun.Refuse(["sample", TrainRows(), "--out", _folder.File("s.npy")], "s.npy", ".csv");
    }

    [Fact]
    public void Samples_are_written_as_the_name_of_their_file_says()
    {
        string run = CommandRun.Train(_folder, "run", "--samples", "32");
        string file = _folder.File("s.npy");
        CommandRun.Succeed("sample", run, "--count", "5", "--out", file, "--threads", "1");
        ImageDataset images = DatasetLoader.Load(file).All;
        Assert.Equal((5, 8, 8), (images.Count, images.Height, images.Width));
    }

    [Fact]
    public void Tables_that_no_flow_can_learn()
    {
        string run = _folder.File("new");
        CommandRun.Refuse(
            ["train", "--data", Write("test_rows.csv", "x,y\n1,2\n3,4\n"), "--out", run], "test_rows.csv", "a test part by its name");
        CommandRun.Refuse(["train", "--data", Write("rows.txt", "1 2\n3 4\n"), "--out", run], "no known format", ".csv");
        CommandRun.Refuse(
            ["train", "--data", Write("one.csv", "x\n1\n2\n3\n5\n"), "--model", "dense-glow", "--out", run],
            "a datum has 1 value", "nsf with autoregressive");
    }

    [Fact]
    public void Archives_packed_in_other_ways_are_named()
    {
        byte[] archive = SampleFiles.Npz(
            CompressionLevel.NoCompression, ("x", SampleFiles.Npy("|u1", "(2, 2, 2)", new byte[8])));

        // The method of both headers becomes bzip2.
        archive[8] = 12;
        archive[archive.AsSpan().IndexOf("PK\u0001\u0002"u8) + 10] = 12;
        DataAssert.FailsToLoad("x.npz", archive, "x.npz(x): does not unpack", "np.savez");
        byte[] sheet = SampleFiles.Npz(CompressionLevel.NoCompression, ("x", [1]));
        sheet.AsSpan(sheet.AsSpan().LastIndexOf("x.npy"u8), 5).Replace((byte)'y', (byte)'x');
        DataAssert.FailsToLoad("x.xlsx", sheet, "no .npy arrays");
        Directory.CreateDirectory(_folder.File("pictures"));
        File.WriteAllBytes(_folder.File("pictures/a.png"), [0xff, 0xd8, 0xff, 0xe0]);
        Assert.Contains(
            "a.png: is a JPEG picture",
            Assert.Throws<FlowException>(() => DatasetLoader.Load(_folder.File("pictures"))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Levels_that_are_levels_already_are_not_quantized()
    {
        byte[] bits = [.. Enumerable.Range(0, 40 * 16).Select(i => (byte)(i * i % 7 % 2))];
        string data = _folder.File("bits.npy");
        File.WriteAllBytes(data, SampleFiles.Npy("|u1", "(40, 4, 4)", bits));
        string run = _folder.File("bits");
        CommandRun training = CommandRun.Of(
            "train", "--data", data, "--bins", "2", "--out", run, "--hidden", "8", "--steps", "1", "--levels", "1", "--batch",
            "8", "--epochs", "1", "--threads", "1");
        Assert.True(training.ExitCode == 0, training.Error);
        Assert.Contains("below 2: they are taken as levels 0 to 1", training.Error, StringComparison.Ordinal);
        using CpuBackend backend = new(1);
        using Model model = Model.Load(run, backend);
        ImageDataset seen = model.Config.Images.Apply(DatasetLoader.Load(data).All);
        Assert.Equal(bits, Enumerable.Range(0, 40).SelectMany(i => seen[i].ToArray()));

        // Of images of 8 bits the halves stay black and white.
        byte[] grey = Array.ConvertAll(bits, bit => (byte)(bit == 0 ? 100 : 200));
        File.WriteAllBytes(data, SampleFiles.Npy("|u1", "(40, 4, 4)", grey));
        seen = model.Config.Images.Apply(DatasetLoader.Load(data).All);
        Assert.Equal(bits, Enumerable.Range(0, 40).SelectMany(i => seen[i].ToArray()));
    }

    private string TrainRows()
    {
        string run = _folder.File("rows");
        if (!Directory.Exists(run))
        {
            StringBuilder text = new("x,y\n");
            for (int i = 0; i < 40; i++)
            {
                text.Append(FormattableString.Invariant($"{Math.Sin(i)},{Math.Cos(3 * i)}\n"));
            }

            CommandRun.Succeed(
                "train", "--data", Write("rows.csv", text.ToString()), "--out", run, "--blocks", "1", "--hidden", "8", "--epochs",
                "1", "--threads", "1");
        }

        return run;
    }

    private string Write(string name, string text)
    {
        string path = _folder.File(name);
        File.WriteAllText(path, text);
        return path;
    }
}
