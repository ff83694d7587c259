using System.IO.Compression;
using System.Text;
using FlowEngine.Checkpoints;
using FlowEngine.Data;
using FlowEngine.Interop;
using FlowEngine.Tests.Checkpoints;
using FlowEngine.Training;
using Xunit;

namespace FlowEngine.Tests.Cli;

/// <summary>Bad input gives exit code 2 and one line that says what is wrong; it leaves no run folder behind.</summary>
public sealed class BadInputTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("lr is NaN", "--lr", "NaN")]
    [InlineData("lr is 0", "--lr", "0")]
    [InlineData("--lr is fast", "--lr", "fast")]
    [InlineData("hidden is 0", "--hidden", "0")]
    [InlineData("--hidden is 8.5, expected a whole number", "--hidden", "8.5")]
    [InlineData("steps is -1", "--steps", "-1")]
    [InlineData("multiples of 16", "--levels", "4")]
    [InlineData("levels is 99", "--levels", "99")]
    [InlineData("batch is 0", "--batch", "0")]
    [InlineData("samples is 0", "--samples", "0")]
    [InlineData("epochs is -3", "--epochs", "-3")]
    [InlineData("minutes is NaN", "--minutes", "NaN")]
    [InlineData("ema is 1", "--ema", "1")]
    [InlineData("clip is -1", "--clip", "-1")]
    [InlineData("warmup-samples is -1", "--warmup-samples", "-1")]
    [InlineData("bins is 300", "--bins", "300")]
    [InlineData("bins is 1,", "--bins", "1")]
    [InlineData("in 17 grey levels", "--bins", "32")]
    [InlineData("expected glow or rosinality", "--preset", "nice")]
    [InlineData("expected affine or additive", "--coupling", "cubic")]
    [InlineData("expected adam or adamw or adamax", "--optimizer", "sgd")]
    [InlineData("expected auto or store or invert", "--memory", "disk")]
    [InlineData("expected glow", "--model", "gan")]
    [InlineData("no device tpu", "--device", "tpu")]
    [InlineData("threads is -1", "--threads", "-1")]
    [InlineData("precision is fp16, expected fp32 or tf32 or bf16", "--precision", "fp16")]
    [InlineData("computes coupling networks in fp32, and bf16 was asked for", "--precision", "bf16")]
    [InlineData("read-every is 0", "--read-every", "0")]
    [InlineData("--pad is wide", "--pad", "wide")]
    [InlineData("cannot pad 8x8 to 4x4", "--pad", "4")]
    [InlineData("no such file", "--init", "nothing.safetensors")]
    [InlineData("--speed", "--speed", "3")]
    [InlineData("--lr", "--lr")]
    public void Options_out_of_range(string says, params string[] options)
    {
        string run = _folder.File("run");
        CommandRun.Refuse(["train", "--data", "digits", "--out", run, .. options], says);
        Assert.False(Directory.Exists(run));
    }

    [Theory]
    [InlineData("missing", "missing")]
    [InlineData("folder", "folder")]
    [InlineData("truncated.gz", "truncated.gz")]
    [InlineData("mixed", "b.png")]
    [InlineData("text", "a.png")]
    [InlineData("nan.npy", "nan")]
    [InlineData("flat.npy", "flat.npy")]
    [InlineData("short.npy", "short.npy")]
    [InlineData("picture.png", "single image")]
    [InlineData("letters.txt", "no known format")]
    public void Data_that_do_not_read(string name, string says)
    {
        MakeBadData();
        string error = CommandRun.Refuse(["train", "--data", _folder.File(name), "--out", _folder.File("run")]);
        Assert.Contains(says, error, StringComparison.OrdinalIgnoreCase);
        Assert.False(Directory.Exists(_folder.File("run")));
    }

    [Theory]
    [InlineData("missing", "no such file")]
    [InlineData("cut", "cut")]
    [InlineData("flipped", "checksum")]
    [InlineData("huge", "not a safetensors file")]
    [InlineData("overlap", "overlap")]
    [InlineData("foreign", "flow import")]
    [InlineData("text", "text")]
    [InlineData("", "")]
    public void Checkpoints_that_do_not_read(string name, string says)
    {
        MakeBadCheckpoints();
        string path = name.Length > 0 ? _folder.File(name) : string.Empty;
        string[][] commands =
        [
            ["eval", path, "--data", "digits"],
            ["sample", path, "--out", _folder.File("grid.png")],
            ["info", path],
            ["export", path, _folder.File("exported")],
            ["train", "--data", "digits", "--out", _folder.File("new"), "--init", path],
        ];
        Assert.All(commands, args => CommandRun.Refuse(args, says));
    }

    [Fact]
    public void Folders_that_cannot_be_written()
    {
        string file = _folder.File("file");
        File.WriteAllText(file, "in the way");
        string run = CommandRun.Train(_folder, "run", "--samples", "32");

        CommandRun.Refuse(["train", "--data", "digits", "--out", file], "is a file");
        CommandRun.Refuse(["train", "--data", "digits", "--out", Path.Combine(file, "run"), "--hidden", "8"], file);
        CommandRun.Refuse(["train", "--data", "digits", "--out", run], "not empty", "resume");
        CommandRun.Refuse(["sample", run, "--out", Path.Combine(file, "grid.png")], file);
        CommandRun.Refuse(["train", "--data", "digits", "--out", "bad\0name"]);
    }

    [Fact]
    public void Checkpoints_and_data_that_do_not_fit()
    {
        string run = CommandRun.Train(_folder, "run", "--samples", "32");
        string wide = _folder.File("wide");
        Directory.CreateDirectory(wide);
        for (int i = 0; i < 4; i++)
        {
            PngImage.Write(Path.Combine(wide, $"{i}.png"), new Image(8, 16, 1, new byte[128]));
        }

        CommandRun.Refuse(["eval", run, "--data", wide], "8x16x1", "8x8x1");
        CommandRun.Refuse(["info", run, "--data", wide], "8x16x1");
        string[] init = ["train", "--data", "digits", "--out", _folder.File("new"), "--init", run];
        CommandRun.Refuse([.. init, "--hidden", "16"], "hidden 8", "hidden 16");
        CommandRun.Refuse([.. init, "--levels", "1"], "2 levels", "1 levels");
        CommandRun.Refuse([.. init, "--preset", "rosinality"], "rosinality");
        CommandRun.Refuse(["export", run, _folder.File("exported")], "preset glow");
    }

    [Fact]
    public void Numbers_of_other_commands_out_of_range()
    {
        string run = CommandRun.Train(_folder, "run", "--samples", "32");
        CommandRun.Refuse(["eval", run, "--data", "digits", "--batch", "0"], "batch is 0");
        CommandRun.Refuse(["eval", run, "--data", "digits", "--limit", "0"], "limit is 0");
        CommandRun.Refuse(["eval", run], "--data");
        CommandRun.Refuse(["sample"], "CHECKPOINT");
        CommandRun.Refuse(["info", run, "--seed", "1", "--seed", "2"], "--seed");
        CommandRun.Refuse(["sample", run, "--count", "0", "--out", _folder.File("g.png")], "0 samples");
        CommandRun.Refuse(["sample", run, "--count", "1000000000", "--out", _folder.File("g.png")], "count is");
        CommandRun.Refuse(["sample", run, "--temperature", "NaN", "--out", _folder.File("g.png")], "NaN");
        CommandRun.Refuse(["sample", run, "--temperature", "-1", "--out", _folder.File("g.png")], "-1");
        CommandRun.Refuse(["info", run, "--batch", "-5"], "batch is -5");
        CommandRun.Refuse(["bench", "--hidden", "0"], "hidden is 0");
        CommandRun.Refuse(["bench", "--seconds", "NaN"], "seconds is NaN");
        CommandRun.Refuse(["fly"], "fly");
        CommandRun.Refuse([]);
    }

    [Fact]
    public void Imports_that_do_not_fit()
    {
        RosinalityShape shape = new(Channels: 3, Levels: 2, Steps: 1, Hidden: 4, Affine: true);
        string dict = _folder.File("dict");
        List<NamedTensor> tensors = new StateDict(shape, seed: 1).Make();
        SafetensorsFile.Write(dict, tensors);
        string part = _folder.File("part");
        SafetensorsFile.Write(part, tensors[1..]);

        CommandRun.Refuse(["import", dict, _folder.File("out"), "--size", "6"], "multiples of 4");
        CommandRun.Refuse(["import", dict, _folder.File("out"), "--bins", "1"], "bins is 1");
        CommandRun.Refuse(["import", part, _folder.File("out")], part, "missing");
        CommandRun.Refuse(["import", _folder.File("none"), _folder.File("out")], "no such file");
        CommandRun.Refuse(["import", dict, _folder.File("none/out")], "cannot be written");
    }

    [Fact]
    public void Runs_that_cannot_be_resumed()
    {
        string run = CommandRun.Train(_folder, "run", "--samples", "32");
        CommandRun.Refuse(["train", "--resume", run, "--lr", "0.1"], "--lr cannot be given with --resume");
        CommandRun.Refuse(["train", "--resume", run, "--out", run], "--out cannot be given");
        CommandRun.Refuse(["train", "--resume", _folder.File("none")], "no run is there");
        RunFolder folder = RunFolder.Open(run);
        byte[] state = File.ReadAllBytes(folder.StateFile);
        File.WriteAllBytes(folder.StateFile, state[..(state.Length / 2)]);
        CommandRun.Refuse(["train", "--resume", run, "--samples", "64"], folder.StateFile);
        File.Delete(folder.StateFile);
        CommandRun.Refuse(["train", "--resume", run, "--samples", "64"], "before its first checkpoint");
        File.WriteAllText(folder.ConfigFile, "{}");
        CommandRun.Refuse(["train", "--resume", run, "--samples", "64"], folder.ConfigFile);
    }

    private void MakeBadData()
    {
        Directory.CreateDirectory(_folder.File("folder"));
        byte[] idx = [0, 0, 8, 3, 0, 0, 0, 4, 0, 0, 0, 8, 0, 0, 0, 8, .. new byte[256]];
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write([.. idx.Select((value, i) => i < 16 ? value : (byte)(i * 37))]);
        }

        File.WriteAllBytes(_folder.File("truncated.gz"), packed.ToArray()[..(int)(packed.Length / 2)]);
        Directory.CreateDirectory(_folder.File("mixed"));
        PngImage.Write(_folder.File("mixed/a.png"), new Image(8, 8, 1, new byte[64]));
        PngImage.Write(_folder.File("mixed/b.png"), new Image(8, 9, 1, new byte[72]));
        Directory.CreateDirectory(_folder.File("text"));
        File.WriteAllText(_folder.File("text/a.png"), "not a picture");
        PngImage.Write(_folder.File("picture.png"), new Image(8, 8, 1, new byte[64]));
        File.WriteAllText(_folder.File("letters.txt"), "hello, world");
        WriteNpy("nan.npy", "(2, 4, 4)", 32);
        WriteNpy("flat.npy", "(32,)", 32);
        WriteNpy("short.npy", "(2, 8, 8)", 32);
    }

    private void WriteNpy(string name, string shape, int length)
    {
        string header = $"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}".PadRight(117) + "\n";
        byte[] values = new byte[4 * length];
        BitConverter.TryWriteBytes(values.AsSpan(40), float.NaN);
        byte[] magic = [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0];
        File.WriteAllBytes(_folder.File(name), [.. magic, .. Encoding.ASCII.GetBytes(header), .. values]);
    }

    private void MakeBadCheckpoints()
    {
        string run = CommandRun.Train(_folder, "run", "--samples", "32");
        byte[] good = File.ReadAllBytes(RunFolder.Open(run).CheckpointFile);
        File.WriteAllBytes(_folder.File("cut"), good[..(good.Length * 2 / 3)]);
        byte[] flipped = [.. good];
        flipped[^5] ^= 4;
        File.WriteAllBytes(_folder.File("flipped"), flipped);
        File.WriteAllBytes(_folder.File("huge"), [255, 255, 255, 255, 255, 255, 255, 127, .. "{}"u8]);
        File.WriteAllBytes(_folder.File("overlap"), Safetensors.Raw(
            """
            {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},
            "b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}
            """,
            12));
        SafetensorsFile.Write(_folder.File("foreign"), [new NamedTensor("a", new float[4], 4)]);
        File.WriteAllText(_folder.File("text"), "hello, world, this is not a checkpoint");
    }
}
