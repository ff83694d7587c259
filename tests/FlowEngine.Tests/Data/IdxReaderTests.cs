using FlowEngine.Data;
using Xunit;

namespace FlowEngine.Tests.Data;

public sealed class IdxReaderTests
{
    [Theory]
    [InlineData(false, "images-idx3-ubyte", "labels-idx1-ubyte")]
    [InlineData(true, "images-idx3-ubyte.gz", "labels-idx1-ubyte.gz")]
    [InlineData(true, "images.idx3-ubyte", "labels.idx1-ubyte")]
    [InlineData(false, "images-idx3-ubyte.gz", "labels-idx1-ubyte")]
    public void Images_and_labels_are_read_gzipped_or_not_whatever_the_name(bool isGzip, string images, string labels)
    {
        byte[][] expected = SampleFiles.Images(10, 3 * 5);
        byte[] imageFile = SampleFiles.Idx(expected, 3, 5);
        byte[] labelFile = SampleFiles.IdxLabels([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        using TestFolder folder = new();
        string path = folder.Write("t10k-" + images, isGzip ? SampleFiles.Gzip(imageFile) : imageFile);
        folder.Write("t10k-" + labels, isGzip ? SampleFiles.Gzip(labelFile) : labelFile);

        (ImageDataset train, ImageDataset test) = DatasetLoader.Load(path);

        Assert.Equal(0, train.Count);
        Assert.Equal((3, 5, 1, 256), (test.Height, test.Width, test.Channels, test.Bins));
        Assert.Equal(expected.Select(Convert.ToHexString), DataAssert.Hex(test));
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], test.Labels!);
    }

    [Fact]
    public void A_folder_as_MNISTs_gives_both_parts()
    {
        using TestFolder folder = new();
        byte[][] train = SampleFiles.Images(4, 4);
        byte[][] test = SampleFiles.Images(2, 4);
        folder.Write("train-images-idx3-ubyte.gz", SampleFiles.Gzip(SampleFiles.Idx(train, 2, 2)));
        folder.Write("train-labels-idx1-ubyte", SampleFiles.IdxLabels([1, 2, 3, 4]));
        folder.Write("t10k-images-idx3-ubyte", SampleFiles.Idx(test, 2, 2));

        (ImageDataset trainSet, ImageDataset testSet) = DatasetLoader.Load(folder.Root);

        Assert.Equal([1, 2, 3, 4], trainSet.Labels!);
        Assert.Equal(2, testSet.Count);
        Assert.Null(testSet.Labels);
        Assert.Equal(Path.GetFileName(folder.Root), trainSet.Name);
    }

    [Theory]
    [InlineData("emnist-letters-train", "emnist-letters-test", "")]
    [InlineData("train", "t10k", "MNIST/raw/")]
    [InlineData("train", "t10k", "raw/")]
    public void Names_as_EMNISTs_and_torchvisions_are_known(string trainName, string testName, string inside)
    {
        using TestFolder folder = new();
        byte[][] images = SampleFiles.Images(6, 4);
        folder.Write($"{inside}{trainName}-images-idx3-ubyte", SampleFiles.Idx(images[..4], 2, 2));
        folder.Write($"{inside}{trainName}-images-idx3-ubyte.gz", [1, 2, 3]);
        folder.Write($"{inside}{trainName}-labels-idx1-ubyte", SampleFiles.IdxLabels([1, 26, 3, 4]));
        string test = folder.Write($"{inside}{testName}-images-idx3-ubyte", SampleFiles.Idx(images[4..], 2, 2));
        ImageParts parts = DatasetLoader.Load(folder.Root);
        Assert.Equal((4, 2), (parts.Train.Count, parts.Test.Count));
        Assert.Equal([1, 26, 3, 4], parts.Train.Labels!);
        Assert.Equal((0, 2), (DatasetLoader.Load(test).Train.Count, DatasetLoader.Load(test).Test.Count));
        folder.Write($"{inside}other-train-images-idx3-ubyte", SampleFiles.Idx(images[4..], 2, 2));
        DataAssert.Fails(
            FlowErrorKind.BadFormat, () => DatasetLoader.Load(folder.Root), $"{trainName}-images", "other-train", "one set");
    }

    [Fact]
    public void Elements_of_every_type_are_read()
    {
        byte[] header = [.. SampleFiles.BigEndian(2), .. SampleFiles.BigEndian(1), .. SampleFiles.BigEndian(2)];
        int[] values = [0, 7, 255, 128];
        byte[] ints = [.. values.SelectMany(SampleFiles.BigEndian)];
        byte[] floats = [.. values.SelectMany(value => BitConverter.GetBytes((value + 0.5f) / 256).Reverse())];
        foreach (byte[] file in new byte[][] { [0, 0, 0x0C, 3, .. header, .. ints], [0, 0, 0x0D, 3, .. header, .. floats] })
        {
            using TestFolder folder = new();
            string path = folder.Write("t10k-images-idx3-ubyte", file);
            folder.Write("t10k-labels-idx1-ubyte", [0, 0, 0x0C, 1, .. SampleFiles.BigEndian(2), .. SampleFiles.BigEndian(3), .. SampleFiles.BigEndian(1)]);
            ImageDataset images = DatasetLoader.Load(path).Test;
            Assert.Equal([0, 7], images[0].ToArray());
            Assert.Equal([255, 128], images[1].ToArray());
            Assert.Equal([3, 1], images.Labels!);
        }
    }

    [Fact]
    public void Parts_of_two_shapes_are_refused()
    {
        using TestFolder folder = new();
        folder.Write("train-images-idx3-ubyte", SampleFiles.Idx(SampleFiles.Images(4, 4), 2, 2));
        folder.Write("t10k-images-idx3-ubyte", SampleFiles.Idx(SampleFiles.Images(4, 6), 2, 3));
        DataAssert.Fails(FlowErrorKind.BadFormat, () => DatasetLoader.Load(folder.Root), "2x3x1", "2x2x1");
    }

    [Fact]
    public void Damage_is_named()
    {
        byte[] file = SampleFiles.Idx(SampleFiles.Images(10, 16), 4, 4);
        byte[] gzip = SampleFiles.Gzip(file);
        DataAssert.FailsToLoad("images", file[..^1], "160", "159");
        DataAssert.FailsToLoad("images", [.. file, 0], "160", "161");
        DataAssert.FailsToLoad("images", file[..10]);
        DataAssert.FailsToLoad("images.gz", gzip[..^20]);
        DataAssert.FailsToLoad("images.gz", gzip[..12]);
        DataAssert.FailsToLoad("images.gz", SampleFiles.Gzip(file[..^1]));
        DataAssert.FailsToLoad("images.gz", SampleFiles.Gzip([.. file, 0]), "more data");
        DataAssert.FailsToLoad("images.gz", SampleFiles.Gzip([1, 2, 3, 4]), "no known format");
        DataAssert.FailsToLoad("labels", SampleFiles.IdxLabels([1, 2]), "labels");
    }

    [Theory]
    [InlineData(int.MaxValue, 28, 28)]
    [InlineData(-1, -1, -1)]
    [InlineData(1, int.MaxValue, int.MaxValue)]
    [InlineData(10, 0, 28)]
    [InlineData(0, 28, 28)]
    [InlineData(1, 10000, 10000)]
    public void A_header_that_lies_allocates_nothing(int count, int height, int width)
    {
        byte[] file =
        [
            0, 0, 8, 3,
            .. SampleFiles.BigEndian(count), .. SampleFiles.BigEndian(height), .. SampleFiles.BigEndian(width),
            .. new byte[100],
        ];
        byte[] gzip = SampleFiles.Gzip(file);
        DataAssert.FailsToLoad("warm-up", file);
        long before = GC.GetAllocatedBytesForCurrentThread();
        DataAssert.FailsToLoad("images", file);
        DataAssert.FailsToLoad("images", gzip);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 2_000_000);
    }

    [Fact]
    public void Labels_that_do_not_fit_are_refused()
    {
        byte[] images = SampleFiles.Idx(SampleFiles.Images(4, 4), 2, 2);
        byte[][] bad =
        [
            SampleFiles.IdxLabels([1, 2, 3]),
            SampleFiles.IdxLabels([1, 2, 3, 4])[..^1],
            [.. SampleFiles.IdxLabels([1, 2, 3, 4]), 5],
            images,
            [],
        ];
        Assert.All(bad, labels =>
        {
            using TestFolder folder = new();
            string path = folder.Write("x-images-idx3-ubyte", images);
            folder.Write("x-labels-idx1-ubyte", labels);
            DataAssert.Fails(FlowErrorKind.BadFormat, () => DatasetLoader.Load(path), "x-labels-idx1-ubyte");
        });
    }
}
