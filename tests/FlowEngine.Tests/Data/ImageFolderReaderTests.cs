using System.Text;
using FlowEngine.Data;
using Xunit;

namespace FlowEngine.Tests.Data;

public sealed class ImageFolderReaderTests
{
    private static readonly byte[][] _images = SampleFiles.Images(8, 2 * 3 * 3);

    [Fact]
    public void A_flat_folder_is_read_in_ordinal_order_and_split()
    {
        using TestFolder folder = new();
        folder.Write("b.png", Png(0));
        folder.Write("B.PNG", Png(1));
        folder.Write("a10.ppm", PnmImage.Encode(Picture(2)));
        folder.Write("a2.png", Png(3));
        folder.Write("notes.txt", [1]);

        ImageParts parts = DatasetLoader.Load(folder.Root);

        Assert.Equal((3, 1), (parts.Train.Count, parts.Test.Count));
        Assert.Null(parts.Train.Labels);
        DataAssert.Holds(_images[..4], parts);
        // B.PNG, a10.ppm, a2.png, b.png.
        byte[][] ordinal = [_images[1], _images[2], _images[3], _images[0]];
        IEnumerable<string> order = ordinal.Select(Convert.ToHexString);
        Assert.Equal(order.Where(DataAssert.Hex(parts.Train).Contains), DataAssert.Hex(parts.Train));
    }

    [Fact]
    public void Sub_folders_are_classes()
    {
        using TestFolder folder = new();
        for (int i = 0; i < 8; i++)
        {
            folder.Write($"{(i < 3 ? "zebra" : "ant")}/more/{i}.png", Png(i));
        }

        (ImageDataset train, ImageDataset test) = DatasetLoader.Load(folder.Root);

        foreach (ImageDataset part in new[] { train, test })
        {
            for (int i = 0; i < part.Count; i++)
            {
                int index = Array.FindIndex(_images, image => part[i].SequenceEqual(image));
                Assert.Equal(index < 3 ? 1 : 0, part.Labels![i]);
            }
        }
    }

    [Fact]
    public void Train_and_test_are_parts_that_share_one_list_of_classes()
    {
        using TestFolder folder = new();
        folder.Write("train/cat/0.png", Png(0));
        folder.Write("train/dog/1.png", Png(1));
        folder.Write("test/bird/2.png", Png(2));
        folder.Write("test/dog/3.png", Png(3));

        (ImageDataset train, ImageDataset test) = DatasetLoader.Load(folder.Root);

        Assert.Equal([1, 2], train.Labels!);
        Assert.Equal([0, 2], test.Labels!);
        Assert.Equal(_images[3], test[1]);
    }

    [Fact]
    public void Parts_without_classes_have_no_labels()
    {
        using TestFolder folder = new();
        folder.Write("train/0.png", Png(0));
        folder.Write("test/1.png", Png(1));
        (ImageDataset train, ImageDataset test) = DatasetLoader.Load(folder.Root + Path.DirectorySeparatorChar);
        Assert.Equal((1, 1), (train.Count, test.Count));
        Assert.Null(train.Labels);
        folder.Write("test/2.pgm", PnmImage.Encode(new Image(2, 3, 1, new byte[6])));
        DataAssert.Fails(
            FlowErrorKind.BadFormat, () => DatasetLoader.Load(folder.Root), "2.pgm", "2x3x1", "2x3x3", "1.png");
        File.Delete(Path.Combine(folder.Root, "test/2.pgm"));
        folder.Write("test/class/1.png", Png(1));
        File.Delete(Path.Combine(folder.Root, "test/1.png"));
        DataAssert.Fails(FlowErrorKind.BadFormat, () => DatasetLoader.Load(folder.Root), "train and test");
    }

    [Fact]
    public void Folders_that_are_no_data_set_are_refused()
    {
        using TestFolder folder = new();
        DataAssert.Fails(FlowErrorKind.BadFormat, () => DatasetLoader.Load(folder.Root), folder.Root, "no images");
        folder.Write("0.png", Png(0));
        DataAssert.Fails(FlowErrorKind.BadFormat, () => DatasetLoader.Load(folder.Root), "at least 2");
        folder.Write("1.png", Encoding.ASCII.GetBytes("this is text\nof two lines"));
        DataAssert.Fails(FlowErrorKind.BadFormat, () => DatasetLoader.Load(folder.Root), "1.png", "PNG");
        folder.Write("1.png", PngImage.Encode(new Image(1, 1, 3, [1, 2, 3])));
        DataAssert.Fails(FlowErrorKind.BadFormat, () => DatasetLoader.Load(folder.Root), "1.png", "1x1x3", "2x3x3");
        folder.Write("1.png", Png(1));
        folder.Write("class/2.png", Png(2));
        DataAssert.Fails(FlowErrorKind.BadFormat, () => DatasetLoader.Load(folder.Root), "beside and inside");
    }

    private static Image Picture(int index) => new(2, 3, 3, _images[index]);

    private static byte[] Png(int index) => PngImage.Encode(Picture(index));
}
