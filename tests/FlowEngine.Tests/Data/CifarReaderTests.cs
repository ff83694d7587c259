using FlowEngine.Data;
using Xunit;

namespace FlowEngine.Tests.Data;

public sealed class CifarReaderTests
{
    private static readonly byte[][] _images = SampleFiles.Images(4, 32 * 32 * 3);

    [Fact]
    public void Planes_become_channels_last_and_labels_are_kept()
    {
        using TestFolder folder = new();
        string path = folder.Write("test_batch.bin", SampleFiles.Cifar(_images, [[3], [8], [8], [0]]));

        (ImageDataset train, ImageDataset test) = DatasetLoader.Load(path);

        Assert.Equal(0, train.Count);
        Assert.Equal((32, 32, 3), (test.Height, test.Width, test.Channels));
        Assert.Equal(_images.Select(Convert.ToHexString), DataAssert.Hex(test));
        Assert.Equal([3, 8, 8, 0], test.Labels!);
    }

    [Fact]
    public void A_folder_of_batches_is_read_in_order()
    {
        using TestFolder folder = new();
        folder.Write("data_batch_2.bin", SampleFiles.Cifar(_images[2..], [[2], [3]]));
        folder.Write("data_batch_1.bin", SampleFiles.Cifar(_images[..2], [[0], [1]]));
        folder.Write("test_batch.bin", SampleFiles.Cifar(_images[..1], [[9]]));

        (ImageDataset train, ImageDataset test) = DatasetLoader.Load(folder.Root);

        Assert.Equal([0, 1, 2, 3], train.Labels!);
        Assert.Equal([9], test.Labels!);
    }

    [Fact]
    public void Fine_labels_of_CIFAR_100_are_kept()
    {
        using TestFolder folder = new();
        folder.Write("train.bin", SampleFiles.Cifar(_images, [[1, 99], [2, 50], [3, 0], [4, 7]]));
        folder.Write("test.bin", SampleFiles.Cifar(_images[..1], [[19, 12]]));

        (ImageDataset train, ImageDataset test) = DatasetLoader.Load(folder.Root);

        Assert.Equal([99, 50, 0, 7], train.Labels!);
        Assert.Equal([12], test.Labels!);
        Assert.Equal(_images[0], test[0]);
    }

    [Fact]
    public void A_single_training_file_is_split()
    {
        using TestFolder folder = new();
        string path = folder.Write("data_batch_1.bin", SampleFiles.Cifar(_images, [[0], [1], [2], [3]]));
        (ImageDataset train, ImageDataset test) = DatasetLoader.Load(path);
        Assert.Equal((3, 1), (train.Count, test.Count));
        DataAssert.Holds(_images, new ImageParts(train, null, test));
    }

    [Fact]
    public void Damage_is_named()
    {
        byte[] file = SampleFiles.Cifar(_images, [[0], [1], [2], [10]]);
        DataAssert.FailsToLoad("data_batch_1.bin", file, "record 3", "10");
        DataAssert.FailsToLoad("data_batch_1.bin", file[..^1], "3073");
        DataAssert.FailsToLoad("data_batch_1.bin", []);
        DataAssert.FailsToLoad("train.bin", SampleFiles.Cifar(_images[..1], [[0, 100]]), "label 100");
    }
}
