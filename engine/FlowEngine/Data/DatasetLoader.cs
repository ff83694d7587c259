namespace FlowEngine.Data;

/// <summary>Loads image data sets in the formats their users have them in.</summary>
public static class DatasetLoader
{
    private const string Formats = "idx, .npy, .npz, CIFAR .bin records or a folder of images";

    private static readonly string[] _idxEndings =
        ["-idx3-ubyte", "-idx3-ubyte.gz", ".idx3-ubyte", ".idx3-ubyte.gz"];

    /// <summary>Loads a training part and a test part.</summary>
    /// <param name="source">
    /// The word <c>digits</c> (built in, 8x8, 17 levels), or a path to
    /// <list type="bullet">
    /// <item>an idx image file, gzipped or not; the label file beside it is read too;</item>
    /// <item>a folder with train-images-idx3-ubyte and t10k-images-idx3-ubyte, as MNIST's;</item>
    /// <item>a CIFAR binary file or the folder of them (data_batch_*.bin and test_batch.bin, or CIFAR-100's train.bin
    /// and test.bin, whose fine label is kept);</item>
    /// <item>a .npy or .npz of shape (N,H,W), (N,H,W,C) or (N,C,H,W) with 1 to 4 channels: integers 0..255, or floats
    /// in [0,1], quantized to 256 levels by min(255, floor(256·v)). Of a .npz the array read is images, x, X, x_train,
    /// data or arr_0, or the only one with 3 or 4 axes; labels are labels, y or y_train; x_test and y_test are the
    /// test part;</item>
    /// <item>a folder of PNG, PPM or PGM images of one size, in ordinal order of their paths. Sub-folders are classes,
    /// labelled in ordinal order, or <c>train</c> and <c>test</c> are the parts.</item>
    /// </list>
    /// </param>
    /// <returns>
    /// The parts, of one shape and 256 levels (digits: 17). A source without a test part is split by a fixed rule:
    /// every tenth image of one fixed shuffle is test, at least one, both parts in the order of the source. A single
    /// file whose name begins with <c>t10k-</c>, <c>test_</c> or <c>test.</c>, and a folder with a test part alone,
    /// is wholly test: Train is then empty, with Count 0.
    /// </returns>
    /// <exception cref="FlowException">
    /// Io: the path is missing or unreadable. BadFormat: the content is damaged, foreign or out of range.
    /// InvalidArgument: no source is given. One line each: what file, what is wrong, what was expected.
    /// </exception>
    public static (ImageDataset Train, ImageDataset Test) Load(string source)
    {
        if (string.IsNullOrWhiteSpace(source))
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument, $"no data source given, expected digits or a path to {Formats}");
        }

        if (source == "digits")
        {
            return DatasetSplit.Split(DigitsReader.Read(), source);
        }

        return DataFile.Guard(source, () =>
        {
            string name = Path.GetFileName(Path.GetFullPath(source).TrimEnd(Path.DirectorySeparatorChar));
            (ImageDataset? train, ImageDataset? test) = Directory.Exists(source)
                ? LoadFolder(source, name)
                : LoadFile(source, name);
            return Complete(train, test, source);
        });
    }

    private static (ImageDataset? Train, ImageDataset? Test) LoadFile(string path, string name)
    {
        if (CifarReader.IsCifar(path))
        {
            return AsPart(CifarReader.Read([path], name), name);
        }

        byte[] magic = DataFile.ReadMagic(path, 8);
        if (magic.AsSpan().StartsWith(NpyHeader.Magic))
        {
            return AsPart(NpyReader.Read(path, name), name);
        }

        switch (magic)
        {
            case [0, 0, 8, 3, ..]:
                return AsPart(IdxReader.Read(path, name), name);
            case [(byte)'P', (byte)'K', 3, 4, ..]:
                (ImageDataset all, ImageDataset? test) = NpzReader.Read(path, name);
                return test is null ? AsPart(all, name) : (all, test);
            case [0, 0, 8, 1, ..]:
                throw DataFile.BadFormat(path, "holds idx labels, expected the image file beside it");
            case [0x89, (byte)'P', (byte)'N', (byte)'G', ..] or [(byte)'P', >= (byte)'1' and <= (byte)'6', ..]:
                throw DataFile.BadFormat(path, "is a single image, expected the folder of a data set");
            case var _ when path.EndsWith(".bin", StringComparison.OrdinalIgnoreCase):
                return AsPart(CifarReader.Read([path], name), name);
            default:
                throw DataFile.BadFormat(path, $"is of no known format, expected {Formats}");
        }
    }

    private static (ImageDataset? Train, ImageDataset? Test) LoadFolder(string folder, string name)
    {
        string? trainIdx = FindIdx(folder, "train-images");
        string? testIdx = FindIdx(folder, "t10k-images");
        if (trainIdx is not null || testIdx is not null)
        {
            return (
                trainIdx is null ? null : IdxReader.Read(trainIdx, name),
                testIdx is null ? null : IdxReader.Read(testIdx, name));
        }

        (string[] train, string[] test) = CifarReader.FindParts(folder);
        if (train.Length + test.Length > 0)
        {
            return (
                train.Length == 0 ? null : CifarReader.Read(train, name),
                test.Length == 0 ? null : CifarReader.Read(test, name));
        }

        return ImageFolderReader.Read(folder, name);
    }

    private static string? FindIdx(string folder, string stem) =>
        _idxEndings
            .Select(ending => Path.Combine(folder, stem + ending))
            .FirstOrDefault(File.Exists);

    private static (ImageDataset? Train, ImageDataset? Test) AsPart(ImageDataset images, string fileName) =>
        fileName.StartsWith("t10k-", StringComparison.Ordinal)
        || fileName.StartsWith("test_", StringComparison.Ordinal)
        || fileName.StartsWith("test.", StringComparison.Ordinal)
            ? (null, images)
            : (images, null);

    private static (ImageDataset Train, ImageDataset Test) Complete(
        ImageDataset? train, ImageDataset? test, string source)
    {
        if (test is null)
        {
            return DatasetSplit.Split(train!, source);
        }

        if (train is null)
        {
            return (test.Take(0), test);
        }

        return (train.Height, train.Width, train.Channels) == (test.Height, test.Width, test.Channels)
            ? (train, test)
            : throw DataFile.BadFormat(
                source,
                $"test images are {test.Height}x{test.Width}x{test.Channels}, "
                + $"expected {train.Height}x{train.Width}x{train.Channels} as the training images");
    }
}
