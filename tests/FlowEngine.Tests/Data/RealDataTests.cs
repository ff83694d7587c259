using FlowEngine.Data;
using Xunit;

namespace FlowEngine.Tests.Data;

public sealed class RealDataTests
{
    [Fact]
    public void MNIST_has_its_known_moments_and_labels()
    {
        (ImageDataset train, ImageDataset test) = DatasetLoader.Load(SharedData.Require("mnist"));

        Assert.Equal((60_000, 10_000, 28, 28, 1), (train.Count, test.Count, train.Height, train.Width, train.Channels));
        Assert.Equal([5, 0, 4, 1, 9], train.Labels![..5]);
        (double mean, double deviation) = Moments(train);
        Assert.Equal(0.1307, mean, 4);
        Assert.Equal(0.3081, deviation, 4);
    }

    [Fact]
    public void CIFAR_10_has_its_known_labels_and_moments()
    {
        string folder = SharedData.Require("cifar10");
        (ImageDataset train, ImageDataset test) = DatasetLoader.Load(folder);

        Assert.Equal((20_000, 10_000, 32, 32, 3), (train.Count, test.Count, train.Height, train.Width, train.Channels));
        Assert.Equal([6, 9, 9, 4], train.Labels![..4]);
        Assert.Equal([1, 6, 6, 8], train.Labels![10_000..10_004]);
        Assert.Equal([3, 8, 8, 0], test.Labels![..4]);
        (double mean, double deviation) = Moments(train);
        Assert.InRange(mean, 0.46, 0.49);
        Assert.InRange(deviation, 0.24, 0.26);

        // The first test record, read here by the published layout.
        byte[] record = File.ReadAllBytes(Path.Combine(folder, "test_batch.bin"))[..3073];
        Assert.Equal([record[1], record[1025], record[2049]], test[0][..3]);
        Assert.Equal([record[1024], record[2048], record[3072]], test[0][^3..]);
    }

    [Fact]
    public void Tables_in_NumPys_own_files_are_refused_by_their_shape()
    {
        string tables = SharedData.Require("adbench");
        string pendigits = Path.Combine(tables, "28_pendigits.npz");
        DataAssert.Fails(FlowErrorKind.BadFormat, () => DatasetLoader.Load(pendigits), "X (6870, 16)", "y (6870)");
        string patches = Path.Combine(SharedData.Require("bsds300_patches"), "train.npy");
        DataAssert.Fails(FlowErrorKind.BadFormat, () => DatasetLoader.Load(patches), "(60000, 64)");
    }

    private static (double Mean, double Deviation) Moments(ImageDataset images)
    {
        double count = (double)images.Count * images[0].Length;
        long sum = 0;
        long squares = 0;
        for (int i = 0; i < images.Count; i++)
        {
            foreach (byte value in images[i])
            {
                sum += value;
                squares += value * value;
            }
        }

        double mean = sum / count;
        return (mean / 255, Math.Sqrt(squares / count - mean * mean) / 255);
    }
}
