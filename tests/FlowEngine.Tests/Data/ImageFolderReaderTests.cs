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
            FlowErrorKind.BadFormat, () => DatasetLoader.Load(folder.Root), "1 of 2x3x1 (as 'test/2.pgm')", "2 of 2x3x3 (as 'train/0.png')");
        File.Delete(Path.Combine(folder.Root, "test/2.pgm"));
        folder.Write("test/class/1.png", Png(1));
        File.Delete(Path.Combine(folder.Root, "test/1.png"));
        DataAssert.Fails(FlowErrorKind.BadFormat, () => DatasetLoader.Load(folder.Root), "train and test");
    }

    [Theory]
    [InlineData("train", "val", "test")]
    [InlineData("Train", "VALID", "Test")]
    [InlineData("training", "validation", "testing")]
    public void Parts_are_known_by_their_names_in_any_case(string train, string validation, string test)
    {
        using TestFolder folder = new();
        folder.Write($"{train}/cat/0.png", Png(0));
        folder.Write($"{train}/dog/1.png", Png(1));
        folder.Write($"{validation}/dog/2.png", Png(2));
        ImageParts two = DatasetLoader.Load(folder.Root);
        Assert.Equal((2, 1, 1, 3), (two.Train.Count, two.Validation!.Count, two.Test.Count, two.All.Count));
        folder.Write($"{test}/cat/3.png", Png(3));
        folder.Write("notes/4.png", Png(4));
        ImageParts parts = DatasetLoader.Load(folder.Root);
        Assert.Equal(["cat", "dog"], parts.Train.ClassNames!);
        Assert.Equal((2, 1, 1, 4), (parts.Train.Count, parts.Validation!.Count, parts.Test.Count, parts.All.Count));
        Assert.Equal([1], parts.Validation.Labels!);
        Assert.Equal(_images[3], parts.Test[0]);
        Assert.Equal("folders beside the parts are not read: notes", Assert.Single(parts.Notes));
    }

    [Fact]
    public void A_part_is_never_a_class()
    {
        using TestFolder folder = new();
        folder.Write("test/0.png", Png(0));
        ImageParts parts = DatasetLoader.Load(folder.Root);
        Assert.Equal((0, 1), (parts.Train.Count, parts.Test.Count));
        folder.Write("cat/1.png", Png(1));
        DataAssert.Fails(FlowErrorKind.BadFormat, () => DatasetLoader.Load(folder.Root), "holds test beside cat", "train");
        folder.Write("Test/1.png", Png(1));
        folder.Write("train/1.png", Png(1));
        DataAssert.Fails(FlowErrorKind.BadFormat, () => DatasetLoader.Load(folder.Root), "Test", "test", "one folder of a part");
    }

    [Fact]
    public void Labels_in_a_file_beside_the_parts_are_those_of_Kaggle()
    {
        using TestFolder folder = new();
        folder.Write("train/x.1.png", Png(0));
        folder.Write("train/2.png", Png(1));
        folder.Write("train/3.png", Png(2));
        folder.Write("test/4.png", Png(3));
        folder.Write("train.csv", Encoding.UTF8.GetBytes("id,breed\nx.1,corgi\n2,beagle\n3.png,corgi\n"));
        (ImageDataset train, ImageDataset test) = DatasetLoader.Load(folder.Root);
        Assert.Equal(["beagle", "corgi"], train.ClassNames!);
        Assert.Equal([0, 1, 1], train.Labels!);
        Assert.Null(test.Labels);
        folder.Write("train.csv", Encoding.UTF8.GetBytes("id,age,label\nx.1,3,7\n2,4,9\n3,1,7\n"));
        Assert.Equal([9, 7, 7], DatasetLoader.Load(folder.Root).Train.Labels!);
        folder.Write("train.csv", Encoding.UTF8.GetBytes("id,label\nx.1,7\n2,9\n"));
        DataAssert.Fails(FlowErrorKind.BadFormat, () => DatasetLoader.Load(folder.Root), "train.csv", "no line of 'train/3.png'");
        folder.Write("train.csv", Encoding.UTF8.GetBytes("id,age,size\nx.1,7,1\n"));
        DataAssert.Fails(FlowErrorKind.BadFormat, () => DatasetLoader.Load(folder.Root), "train.csv", "id, age, size");
        folder.Write("train.csv", Encoding.UTF8.GetBytes("id,label\n2,7\n2,9\n"));
        DataAssert.Fails(FlowErrorKind.BadFormat, () => DatasetLoader.Load(folder.Root), "line 3", "each file once");
    }

    [Fact]
    public void Pictures_in_other_formats_are_counted_and_named()
    {
        using TestFolder folder = new();
        folder.Write("a/0.png", Png(0));
        folder.Write("a/1.JPG", [0xff, 0xd8]);
        folder.Write("b/1.png", Png(1));
        folder.Write("b/2.jpg", [0xff, 0xd8]);
        folder.Write("b/3.webp", [1]);
        folder.Write("b/notes.txt", [1]);
        ImageParts parts = DatasetLoader.Load(folder.Root);
        Assert.Equal(2, parts.All.Count);
        Assert.Equal(
            "3 pictures passed over (2 .jpg, 1 .webp), as a/1.JPG: .png, .ppm, .pgm, .pnm are read", Assert.Single(parts.Notes));
        File.Delete(Path.Combine(folder.Root, "a/0.png"));
        File.Delete(Path.Combine(folder.Root, "b/1.png"));
        DataAssert.Fails(
            FlowErrorKind.BadFormat, () => DatasetLoader.Load(folder.Root), "no images that are read", "2 .jpg", "expected .png");
    }

    [Fact]
    public void Each_folder_is_read_once_whatever_links_lead_to_it()
    {
        using TestFolder folder = new();
        for (int i = 0; i < 4; i++)
        {
            folder.Write($"set/{(i < 2 ? "ant" : "zebra")}/{i}.png", Png(i));
        }

        string set = Path.Combine(folder.Root, "set");
        Directory.CreateSymbolicLink(Path.Combine(set, "ant", "loop"), set);
        Directory.CreateSymbolicLink(Path.Combine(set, "bee"), "ant");
        Directory.CreateSymbolicLink(Path.Combine(set, "zebra", "up"), "..");
        string linked = Path.Combine(folder.Root, "linked");
        Directory.CreateSymbolicLink(linked, set);
        foreach (string source in new[] { set, linked })
        {
            ImageParts parts = DatasetLoader.Load(source);
            Assert.Equal(["ant", "zebra"], parts.All.ClassNames!);
            DataAssert.Holds(_images[..4], parts);
        }

        Directory.CreateDirectory(Path.Combine(folder.Root, "other"));
        Directory.CreateSymbolicLink(Path.Combine(folder.Root, "other", "cat"), Path.Combine(set, "ant"));
        Directory.CreateSymbolicLink(Path.Combine(folder.Root, "other", "dog"), "../set/zebra");
        Assert.Equal(["cat", "dog"], DatasetLoader.Load(Path.Combine(folder.Root, "other")).All.ClassNames!);
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
