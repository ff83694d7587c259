using FlowEngine.Cli;
using FlowEngine.Data;
using FlowEngine.Drawing;
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
        string[] title = [$"4 ({digits.Labels![4]}), 9 ({digits.Labels[9]})"];
        Assert.Equal(
            LabeledGrid.Compose(digits.Select([4, 9]), ["from", "to"], title).Pixels, PngImage.Read(target).Pixels);
    }

    [Fact]
    public void Default_images_are_of_several_classes()
    {
        ImageDataset digits = DatasetLoader.Load("digits").Test;
        int[] chosen = [.. LatentOptions.Different(digits, 0, 4), .. LatentOptions.Different(digits, 4, 4)];
        Assert.Equal(8, chosen.Select(i => digits.Labels![i]).Distinct().Count());
        Assert.Equal([2, 3], LatentOptions.Different(digits.Select([0, 1, 2, 3, 4]).WithLabels(null), 2, 2));
    }

    [Fact]
    public void An_attribute_is_a_class_by_its_name_or_a_folder_in_the_data()
    {
        string pictures = _folder.File("pictures");
        foreach ((string name, int first) in new[] { ("dark", 0), ("light", 128) })
        {
            Directory.CreateDirectory(Path.Combine(pictures, name));
            for (int i = 0; i < 12; i++)
            {
                byte[] pixels = [.. Enumerable.Range(0, 64).Select(p => (byte)(first + ((p * 7 + i * 13) % 100)))];
                PngImage.Write(Path.Combine(pictures, name, $"{i}.png"), new Image(8, 8, 1, pixels));
            }
        }

        string run = _folder.File("run");
        CommandRun.Succeed(
            "train", "--data", pictures, "--out", run, "--steps", "1", "--hidden", "8", "--batch", "8", "--samples", "64",
            "--threads", "1");
        string target = _folder.File("picture.png");
        string[] edit = ["edit", run, "--data", pictures, "--part", "all", "--images", "0,20", "--strengths", "0,1", "--out", target];
        string byName = CommandRun.Succeed([.. edit, "--with", "light"]);
        string byFolder = CommandRun.Succeed([.. edit, "--with", "light/", "--without", "dark/"]);
        Assert.Contains("images with", byName, StringComparison.Ordinal);
        Assert.Contains("12 images with and 12 without", byFolder, StringComparison.Ordinal);
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
        CommandRun.Refuse(["edit", run, "--data", "digits", "--with", "1", "--without", "none"], "--without is none, expected classes");
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
        // Digits of 8 pixels are drawn twelve times as large, with gaps of two, titles over them and to their left.
        Image picture = PngImage.Read(path);
        Assert.Equal(24 + (rows * 98), picture.Height);
        Assert.InRange(picture.Width, 3 + (columns * 98), 260 + (columns * 98));
    }
}
