using FlowEngine.Data;
using FlowEngine.Tests.Checkpoints;
using Xunit;

namespace FlowEngine.Tests.Cli;

public sealed class LatentCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Pictures_have_a_row_for_each_leg_image_and_pair()
    {
        string run = CommandRun.Train(_folder, "run", "--samples", "256");
        string target = _folder.File("picture.png");

        string output = CommandRun.Succeed(
            "interpolate", run, "--data", "digits", "--images", "3,1,7", "--points", "5", "--out", target);
        Assert.Contains("10 images, 5 a row", output, StringComparison.Ordinal);
        AssertGrid(target, rows: 2, columns: 5);

        CommandRun.Succeed("interpolate", run, "--samples", "2", "--points", "3", "--path", "linear", "--out", target);
        AssertGrid(target, rows: 1, columns: 3);

        output = CommandRun.Succeed(
            "edit", run, "--data", "digits", "--images", "0,1", "--with", "8", "--without", "1,7", "--limit", "40",
            "--strengths", "-1,0,1", "--out", target);
        Assert.Contains("40 images with and 40 without", output, StringComparison.Ordinal);
        AssertGrid(target, rows: 2, columns: 3);

        CommandRun.Succeed(
            "edit", run, "--data", "digits", "--with", "0", "--direction", "classifier", "--limit", "30", "--out", target);
        AssertGrid(target, rows: 4, columns: 5);

        foreach (string how in new[] { "match", "exchange" })
        {
            CommandRun.Succeed(
                "style", run, "--data", "digits", "--images", "0,1", "--style-images", "5", "--how", how, "--out", target);
            AssertGrid(target, rows: 2, columns: 3);
        }
    }

    [Fact]
    public void The_ends_of_a_way_are_the_images_themselves()
    {
        string run = CommandRun.Train(_folder, "run", "--samples", "256");
        string target = _folder.File("picture.png");

        CommandRun.Succeed("interpolate", run, "--data", "digits", "--images", "4,9", "--points", "2", "--out", target);

        ImageDataset digits = DatasetLoader.Load("digits").Test;
        Image expected = ImageGrid.Compose(digits.Select([4, 9]), 2);
        Assert.Equal(expected.Pixels, PngImage.Read(target).Pixels);
    }

    [Fact]
    public void Bad_input_is_refused_in_one_line()
    {
        string run = CommandRun.Train(_folder, "run", "--samples", "64");

        CommandRun.Refuse(["interpolate", run, "--data", "digits", "--images", "0,999"], "image 999", "180");
        CommandRun.Refuse(["interpolate", run, "--data", "digits", "--images", "0"], "two images");
        CommandRun.Refuse(["interpolate", run, "--data", "digits", "--images", "0,x"], "--images 0,x is x, expected a whole number");
        CommandRun.Refuse(["interpolate", run, "--images", "0,1"], "without --data");
        CommandRun.Refuse(["interpolate", run, "--points", "1"], "--points is 1");
        CommandRun.Refuse(["edit", run, "--data", "digits"], "--with is missing");
        CommandRun.Refuse(["edit", run, "--data", "digits", "--with", "11"], "no image");
        CommandRun.Refuse(["edit", run, "--data", "digits", "--with", "digits"], "--without is missing");
        CommandRun.Refuse(["style", run, "--data", "digits", "--levels", "7"], "levels 7");
        CommandRun.Refuse(["style", run, "--data", "digits", "--strength", "2"], "strength is 2");
        CommandRun.Refuse(["sample", run, "--temperature", "1,1,1,1,1"], "5 temperatures");
    }

    [Fact]
    public void A_temperature_for_each_level_draws_samples()
    {
        string run = CommandRun.Train(_folder, "run", "--samples", "64");
        string one = _folder.File("one.png");
        string two = _folder.File("two.png");

        CommandRun.Succeed("sample", run, "--count", "4", "--temperature", "0.5", "--out", one);
        CommandRun.Succeed("sample", run, "--count", "4", "--temperature", "0.5,0.5", "--out", two);

        Assert.Equal(File.ReadAllBytes(one), File.ReadAllBytes(two));
    }

    private static void AssertGrid(string path, int rows, int columns)
    {
        // Digits of 8 pixels are drawn four times as large, with gaps of two.
        Image picture = PngImage.Read(path);
        Assert.Equal((2 + (rows * 34), 2 + (columns * 34)), (picture.Height, picture.Width));
    }
}
