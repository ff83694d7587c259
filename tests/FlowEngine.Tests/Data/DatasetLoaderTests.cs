using System.Text;
using FlowEngine.Data;
using Xunit;

namespace FlowEngine.Tests.Data;

public sealed class DatasetLoaderTests
{
    [Fact]
    public void Digits_are_built_in()
    {
        (ImageDataset train, ImageDataset test) = DatasetLoader.Load("digits");

        Assert.Equal((1617, 180), (train.Count, test.Count));
        Assert.Equal((8, 8, 1, 17), (train.Height, train.Width, train.Channels, train.Bins));
        Assert.Equal("digits", train.Name);
        int[] perClass = [.. train.Labels!.Concat(test.Labels!).GroupBy(label => label).Select(group => group.Count())];
        Assert.Equal(10, perClass.Length);
        Assert.All(perClass, count => Assert.InRange(count, 174, 183));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(10)]
    [InlineData(11)]
    [InlineData(257)]
    public void A_split_is_stable_disjoint_and_in_the_order_of_the_source(int count)
    {
        byte[][] images = [.. Enumerable.Range(0, count).Select(n => new[] { (byte)(n >> 8), (byte)n })];
        using TestFolder folder = new();
        string path = folder.Write("images", SampleFiles.Idx(images, 1, 2));

        (ImageDataset train, ImageDataset test) = DatasetLoader.Load(path);
        (ImageDataset trainAgain, ImageDataset testAgain) = DatasetLoader.Load(path);

        Assert.Equal((count + 9) / 10, test.Count);
        DataAssert.Holds(images, new ImageParts(train, null, test));
        Assert.Equal(DataAssert.Hex(train), DataAssert.Hex(trainAgain));
        Assert.Equal(DataAssert.Hex(test), DataAssert.Hex(testAgain));
        Assert.Equal(DataAssert.Hex(train).Order(StringComparer.Ordinal), DataAssert.Hex(train));
        Assert.Equal(DataAssert.Hex(test).Order(StringComparer.Ordinal), DataAssert.Hex(test));
    }

    [Fact]
    public void The_split_never_changes()
    {
        byte[][] images = [.. Enumerable.Range(0, 40).Select(n => new[] { (byte)n })];
        using TestFolder folder = new();
        (_, ImageDataset test) = DatasetLoader.Load(folder.Write("images", SampleFiles.Idx(images, 1, 1)));

        // From a separate SplitMix64 and Fisher-Yates in Python.
        Assert.Equal(["1A", "22", "23", "24"], DataAssert.Hex(test));
    }

    [Fact]
    public void One_image_cannot_be_split() =>
        DataAssert.FailsToLoad("images", SampleFiles.Idx([[1]], 1, 1), "at least 2");

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("  ")]
    public void A_source_must_be_given(string? source) =>
        DataAssert.Fails(FlowErrorKind.InvalidArgument, () => DatasetLoader.Load(source!), "digits");

    [Theory]
    [InlineData("no/such/folder")]
    [InlineData("no-such-file.npy")]
    [InlineData("no-such-file.bin")]
    [InlineData("with\0null")]
    public void A_missing_path_is_an_io_error(string source) =>
        DataAssert.Fails(FlowErrorKind.Io, () => DatasetLoader.Load(source));

    [Fact]
    public void Foreign_files_are_refused()
    {
        DataAssert.FailsToLoad("empty.npy", [], "no known format");
        DataAssert.FailsToLoad("text.npz", Encoding.ASCII.GetBytes("hello"), "no known format");
        DataAssert.FailsToLoad("image.png", PngImage.Encode(new Image(1, 1, 1, [0])), "single image");
        DataAssert.FailsToLoad("image.ppm", PnmImage.Encode(new Image(1, 1, 3, [0, 0, 0])), "single image");
        DataAssert.FailsToLoad("zip.npz", [(byte)'P', (byte)'K', 3, 4, 1, 2, 3, 4, 5, 6, 7, 8]);
    }
}
