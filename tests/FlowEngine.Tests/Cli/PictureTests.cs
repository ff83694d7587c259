using FlowEngine.Data;
using FlowEngine.Tests.Checkpoints;
using FlowEngine.Training;
using Xunit;

namespace FlowEngine.Tests.Cli;

/// <summary>Folders of pictures of several formats, sizes and modes through the command.</summary>
public sealed class PictureTests : IDisposable
{
    private static readonly string _pictures = Path.Combine(AppContext.BaseDirectory, "Data", "Pictures");
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Pictures_of_several_shapes_are_counted_or_prepared()
    {
        string data = Mixed();
        string[] train = ["train", "--data", data, "--out", _folder.File("run"), "--levels", "1", "--steps", "1", "--hidden", "4"];
        CommandRun.Refuse(
            train, "4 shapes", "4 of 4x6x3 (as 'picture.bmp')", "1 of 32x16x3 (as 'turned.jpg')", "--size N", "--gray or --rgb");
        CommandRun.Refuse([.. train, "--size", "8"], "2 shapes", "5 of 8x8x3", "2 of 8x8x1", "--gray or --rgb");
        CommandRun.Refuse([.. train, "--gray", "--rgb"], "--gray", "--rgb");
        CommandRun.Refuse([.. train, "--size", "0"], "size of pictures is 0");
        CommandRun.Refuse(["train", "--data", "digits", "--out", _folder.File("run"), "--size", "8"], "digits", "--size 8");
        CommandRun.Refuse(["train", "--data", "rings", "--out", _folder.File("run"), "--size", "8"], "--size is for images");

        CommandRun.Succeed([.. train, "--size", "8", "--gray", "--batch", "2", "--samples", "4"]);
        RunConfig config = RunFolder.Open(_folder.File("run")).ReadConfig();
        Assert.Equal(new ImagePreparation(8, 1), config.Model.Images.Preparation);
        Assert.Equal((8, 8, 1), (config.Model.Images.Height, config.Model.Images.Width, config.Model.Images.Channels));

        // A resumed run prepares its pictures as before; others are prepared where the command says so.
        CommandRun.Succeed(["train", "--resume", _folder.File("run"), "--samples", "8"]);
        CommandRun.Succeed(["eval", _folder.File("run"), "--data", data, "--size", "8", "--gray"]);
        CommandRun.Refuse(["eval", _folder.File("run"), "--data", data], "4 shapes", "were prepared by --size 8 --gray");
        CommandRun small = CommandRun.Of("eval", _folder.File("run"), "--data", data, "--size", "4", "--gray");
        Assert.Equal(2, small.ExitCode);
        Assert.Contains("prepared by --size 8 --gray, and these are prepared by --size 4 --gray", small.Error, StringComparison.Ordinal);
        Assert.Contains("images of 4x4x1", small.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Images_of_the_right_shape_by_chance_are_taken_with_a_note()
    {
        string data = Mixed();
        CommandRun.Succeed(
            ["train", "--data", data, "--out", _folder.File("run"), "--levels", "1", "--steps", "1", "--hidden", "4", "--size", "8",
            "--gray", "--batch", "2", "--samples", "4"]);
        string others = _folder.File("others");
        Directory.CreateDirectory(others);
        for (int i = 0; i < 4; i++)
        {
            PngImage.Write(Path.Combine(others, $"{i}.png"), new Image(8, 8, 1, [.. Enumerable.Repeat((byte)i, 64)]));
        }

        CommandRun eval = CommandRun.Of("eval", _folder.File("run"), "--data", others);
        Assert.Equal(0, eval.ExitCode);
        Assert.Contains(
            "prepared by --size 8 --gray, and these are taken as they are", eval.Error, StringComparison.Ordinal);
    }

    private string Mixed()
    {
        string data = _folder.File("mixed");
        Directory.CreateDirectory(data);
        foreach (string name in new[] { "picture.bmp", "picture.gif", "picture.tif", "picture.webp", "gray.jpg", "gray.tif", "turned.jpg" })
        {
            File.Copy(Path.Combine(_pictures, name), Path.Combine(data, name));
        }

        return data;
    }
}
