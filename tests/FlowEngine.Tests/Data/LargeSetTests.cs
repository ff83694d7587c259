using FlowEngine.Data;
using FlowEngine.Imaging;
using Xunit;

namespace FlowEngine.Tests.Data;

/// <summary>Sets that stay in their files are the sets that are loaded into memory, whatever is made of them.</summary>
public sealed class LargeSetTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose()
    {
        ImageStore.LargestInMemory = long.MaxValue;
        _folder.Dispose();
    }

    [Theory]
    [InlineData("|u1", "(9, 4, 6)", 24, 1)]
    [InlineData("|u1", "(9, 4, 6, 3)", 72, 1)]
    [InlineData("|u1", "(9, 3, 4, 6)", 72, 1)]
    [InlineData("<i2", "(9, 4, 6)", 24, 2)]
    [InlineData("|b1", "(9, 4, 6)", 24, 1)]
    public void Arrays(string type, string shape, int length, int itemSize)
    {
        byte[][] images = SampleFiles.Images(9, length, type == "|b1" ? 2 : 256);
        byte[] elements = [.. SampleFiles.Concat(images).SelectMany(level => new byte[] { level, 0 }.Take(itemSize))];
        Same(_folder.Write("images.npy", SampleFiles.Npy(type, shape, elements)));
    }

    [Fact]
    public void Idx_files_with_labels()
    {
        _folder.Write("train-labels-idx1-ubyte", SampleFiles.IdxLabels([3, 1, 4, 1, 5, 9, 2, 6, 5]));
        Same(_folder.Write("train-images-idx3-ubyte", SampleFiles.Idx(SampleFiles.Images(9, 24), 4, 6)));
    }

    [Fact]
    public void Cifar_records()
    {
        byte[][] images = SampleFiles.Images(3, 3072);
        byte[][] labels = [[1], [2], [3]];
        _folder.Write("set/data_batch_1.bin", SampleFiles.Cifar(images, labels));
        _folder.Write("set/data_batch_2.bin", SampleFiles.Cifar([.. images.Reverse()], labels));
        _folder.Write("set/test_batch.bin", SampleFiles.Cifar(images, labels));
        Same(Path.Combine(_folder.Root, "set"));
    }

    [Fact]
    public void Folders_of_pictures()
    {
        byte[][] images = SampleFiles.Images(9, 24);
        for (int i = 0; i < images.Length; i++)
        {
            _folder.Write($"set/{(i % 2 == 0 ? "even" : "odd")}/{i}.png", PngImage.Encode(new Image(4, 6, 1, images[i])));
        }

        Same(Path.Combine(_folder.Root, "set"));
        Assert.Equal(["set"], Directory.GetFileSystemEntries(_folder.Root).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Prepared_sets(bool hasParts)
    {
        byte[][] images = SampleFiles.Images(9, 24);
        string[] folders = hasParts ? ["train/b", "train/a", "val/b", "test/c"] : ["b", "a"];
        for (int i = 0; i < images.Length; i++)
        {
            _folder.Write($"set/{folders[i % folders.Length]}/{i}.png", PngImage.Encode(new Image(4, 6, 1, images[i])));
        }

        ImageReading reading = new(new PictureDecoder(), new ImagePreparation(Channels: 3));
        ImageParts parts = DatasetLoader.Load(Path.Combine(_folder.Root, "set"), reading);
        string path = Path.Combine(_folder.Root, "prepared");
        PreparedImages.Write(path, parts);
        ImageParts again = Same(path);
        Same(parts, again);
        Assert.Equal(new ImagePreparation(Channels: 3), again.Preparation);
        Assert.Equal(again.Preparation, DatasetLoader.Load(path, reading).Preparation);
        DataAssert.Fails(
            FlowErrorKind.InvalidArgument,
            () => DatasetLoader.Load(path, new ImageReading(null, new ImagePreparation(Channels: 1))),
            "prepared", "prepared by --rgb", "--gray");
    }

    [Fact]
    public void A_set_of_few_levels_keeps_them()
    {
        string path = Path.Combine(_folder.Root, "digits");
        ImageParts digits = DatasetLoader.Load("digits");
        PreparedImages.Write(path, digits);
        ImageParts again = DatasetLoader.Load(path);
        Assert.Equal(17, again.All.Bins);
        Same(digits, again);
        string pixels = Path.Combine(path, "test_images.npy");
        byte[] bytes = File.ReadAllBytes(pixels);
        bytes[^1] = 17;
        File.WriteAllBytes(pixels, bytes);
        DataAssert.Fails(FlowErrorKind.BadFormat, () => DatasetLoader.Load(path), "test_images.npy", "17 grey levels");
        DataAssert.Fails(FlowErrorKind.InvalidArgument, () => PreparedImages.Write(path, digits), path, "is there already");
    }

    [Fact]
    public void A_file_that_is_cut_short_while_it_is_in_use_is_an_error()
    {
        string path = _folder.Write("images.npy", SampleFiles.Npy("|u1", "(9, 4, 6)", new byte[9 * 24]));
        ImageStore.LargestInMemory = 0;
        ImageDataset all = DatasetLoader.Load(path).All;
        using (FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.SetLength(200);
        }

        DataAssert.Fails(FlowErrorKind.Io, () => all.Fill([8], new byte[24], []), "images.npy", "cut short");
    }

    [Fact]
    public void A_value_out_of_range_is_an_error_where_it_is_read()
    {
        byte[] elements = new byte[2 * 9 * 24];
        elements[(2 * 24 * 5) + 1] = 2;
        string path = _folder.Write("images.npy", SampleFiles.Npy("<i2", "(9, 4, 6)", elements));
        ImageStore.LargestInMemory = 0;
        ImageDataset all = DatasetLoader.Load(path).All;
        DataAssert.Fails(FlowErrorKind.BadFormat, () => all.Fill([5], new byte[24], []), "row 5 holds 512", "integers 0..255");
    }

    [Fact]
    public void Filling_a_batch_from_a_file_allocates_nothing()
    {
        string path = _folder.Write("images.npy", SampleFiles.Npy("|u1", "(9, 3, 4, 6)", new byte[9 * 72]));
        ImageStore.LargestInMemory = 0;
        ImageDataset data = DatasetLoader.Load(path).All.Pad(8, 8);
        byte[] levels = new byte[2 * data.Dims];
        int[] indices = [3, 7];
        data.Fill(indices, levels, []);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            data.Fill(indices, levels, []);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static ImageParts Same(string source)
    {
        ImageStore.LargestInMemory = long.MaxValue;
        ImageParts expected = DatasetLoader.Load(source);
        ImageStore.LargestInMemory = 0;
        ImageParts found = DatasetLoader.Load(source);
        Same(expected, found);
        return found;
    }

    private static void Same(ImageParts expected, ImageParts found)
    {
        Same(expected.Train, found.Train);
        Same(expected.Test, found.Test);
        Assert.Equal(expected.Validation is null, found.Validation is null);
        Same(expected.Train.Pad(40, 41), found.Train.Pad(40, 41));
        Same(expected.Train.Crop(3, 4), found.Train.Crop(3, 4));
        Same(expected.Train.Quantize(2), found.Train.Quantize(2));
        Same(expected.Train.Take(2).Concat(expected.Test), found.Train.Take(2).Concat(found.Test));
        Same(expected.Train.Select([1, 0, 1]).Select([2, 0]), found.Train.Select([1, 0, 1]).Select([2, 0]));
    }

    private static void Same(ImageDataset expected, ImageDataset found)
    {
        Assert.Equal(
            (expected.Count, expected.Height, expected.Width, expected.Channels, expected.Bins),
            (found.Count, found.Height, found.Width, found.Channels, found.Bins));
        Assert.Equal(expected.Labels, found.Labels);
        Assert.Equal(expected.ClassNames, found.ClassNames);
        Assert.Equal(DataAssert.Hex(expected), DataAssert.Hex(found));
        byte[] levels = new byte[expected.Count * expected.Dims];
        found.Fill([.. Enumerable.Range(0, found.Count)], levels, []);
        Assert.Equal(string.Concat(DataAssert.Hex(expected)), Convert.ToHexString(levels));
    }
}
