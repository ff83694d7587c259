namespace FlowEngine.Data;

/// <summary>Loads image data sets in the formats their users have them in.</summary>
public static class DatasetLoader
{
    private const string Formats = "idx, .npy, .npz, CIFAR .bin records, a set of flow prepare, or a folder, .zip, .tar or .tar.gz of pictures";

    /// <summary>Loads the parts of a set of images.</summary>
    /// <param name="source">
    /// The word <c>digits</c> (built in, 8x8, 17 levels), or a path to
    /// <list type="bullet">
    /// <item>an idx image file, gzipped or not; the label file beside it is read too;</item>
    /// <item>a folder with train-images-idx3-ubyte and t10k-images-idx3-ubyte, as MNIST's, EMNIST's and torchvision's;</item>
    /// <item>a CIFAR binary file or the folder of them (data_batch_*.bin and test_batch.bin, or CIFAR-100's train.bin
    /// and test.bin, whose fine label is kept);</item>
    /// <item>a .npy or .npz of shape (N,H,W), (N,H,W,C) or (N,C,H,W) with 1 to 4 channels: integers 0..255, or floats
    /// in [0,1], quantized to 256 levels by min(255, floor(256·v)), or bools, which have 2. Of a .npz the array read is
    /// images, x, x_train, data or arr_0, or the only one with 3 or 4 axes; labels are labels, y or y_train, whole numbers
    /// or text; x_val and y_val, x_test and y_test are the other parts; other arrays are not read;</item>
    /// <item>a folder of PNG, PPM or PGM images of one size, in ordinal order of their paths, each folder read once whatever
    /// links lead to it. Sub-folders are classes, labelled in ordinal order, or, in any case, <c>train</c>, <c>val</c>
    /// (<c>valid</c>, <c>validation</c>) and <c>test</c> are the parts;</item>
    /// <item>a .zip, .tar, .tar.gz or .tgz of such a folder, which is not unpacked to disk;</item>
    /// <item>a set that <see cref="PreparedImages"/> wrote.</item>
    /// </list>
    /// </param>
    /// <returns>
    /// The parts, of one shape and 256 levels (digits: 17). A source without a test part is split by a fixed rule:
    /// every tenth image of one fixed shuffle is test, at least one, both parts in the order of the source. A single
    /// file whose name begins with <c>t10k-</c>, <c>test_</c> or <c>test.</c>, and a folder with only a test part,
    /// is wholly test: Train is then empty, with Count 0.
    /// </returns>
    /// <exception cref="FlowException">
    /// Io: the path is missing or unreadable. BadFormat: the content is damaged, foreign or out of range.
    /// InvalidArgument: no source is given. One line each: what file, what is wrong, what was expected.
    /// </exception>
    public static ImageParts Load(string source) => Load(source, new ImageReading());

    /// <summary>Loads the parts of a set of images, of pictures in more formats and of any size.</summary>
    /// <param name="source">As above; a folder holds files that the decoder reads, too.</param>
    /// <param name="reading">The decoder, and how pictures become images of one shape.</param>
    /// <returns>As above.</returns>
    /// <exception cref="FlowException">As above. BadFormat: pictures are of several shapes. InvalidArgument: a size is out of
    /// range, or there are no pictures to prepare.</exception>
    public static ImageParts Load(string source, ImageReading reading)
    {
        ArgumentNullException.ThrowIfNull(reading);
        reading.Preparation.Validate();
        if (string.IsNullOrWhiteSpace(source))
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument, $"no data source given, expected digits or a path to {Formats}");
        }

        if (source == "digits")
        {
            reading.RequireNone(source);
            return DatasetSplit.Split(DigitsReader.Read(), source);
        }

        return DataFile.Guard(source, () =>
        {
            string name = Path.GetFileName(Path.GetFullPath(source).TrimEnd(Path.DirectorySeparatorChar));
            if (PreparedImages.IsPrepared(source))
            {
                (ImageDataset? Train, ImageDataset? Validation, ImageDataset? Test, ImagePreparation Preparation) prepared =
                    PreparedImages.Read(source, reading);
                return Complete(prepared.Train, prepared.Validation, prepared.Test, source) with
                {
                    Preparation = prepared.Preparation,
                };
            }

            (ImageDataset? train, ImageDataset? validation, ImageDataset? test) = Directory.Exists(source)
                ? LoadFolder(source, name, reading)
                : LoadFile(source, name, reading);
            return Complete(train, validation, test, source) with { Preparation = reading.Preparation };
        });
    }

    private static (ImageDataset? Train, ImageDataset? Validation, ImageDataset? Test) LoadFile(
        string path, string name, ImageReading reading)
    {
        if (PictureTar.IsTar(path))
        {
            return ImageFolderReader.Read(new PictureTar(path), name, reading);
        }

        byte[] magic = DataFile.ReadMagic(path, 8);
        if (magic is [(byte)'P', (byte)'K', 3, 4, ..] && PictureZip.HoldsPictures(path, reading))
        {
            return PictureZip.Open(path, files => ImageFolderReader.Read(files, name, reading));
        }

        reading.RequireNone(path);
        if (CifarReader.IsCifar(path))
        {
            return AsPart(CifarReader.Read([path], name), name);
        }

        if (magic.AsSpan().StartsWith(NpyHeader.Magic))
        {
            return AsPart(NpyReader.Read(path, name), name);
        }

        switch (magic)
        {
            case [0, 0, >= 8 and <= 14, 3 or 4, ..]:
                return AsPart(IdxReader.Read(path, name), name);
            case [(byte)'P', (byte)'K', 3, 4, ..]:
                (ImageDataset all, ImageDataset? validation, ImageDataset? test) = NpzReader.Read(path, name);
                return validation is null && test is null ? AsPart(all, name) : (all, validation, test);
            case [0, 0, >= 8 and <= 14, 1, ..]:
                throw DataFile.BadFormat(path, "holds idx labels, expected the image file beside it");
            case [0x89, (byte)'P', (byte)'N', (byte)'G', ..] or [(byte)'P', >= (byte)'1' and <= (byte)'6', ..]
                or [0xff, 0xd8, ..]:
                throw DataFile.BadFormat(path, "is a single image, expected the folder of a data set");
            case var _ when path.EndsWith(".bin", StringComparison.OrdinalIgnoreCase):
                return AsPart(CifarReader.Read([path], name), name);
            case var _ when TableLoader.IsTable(path):
                throw DataFile.BadFormat(path, $"is a table, expected images: {Formats}");
            default:
                throw DataFile.BadFormat(path, $"is of no known format, expected {Formats} (of a table .csv or .tsv)");
        }
    }

    private static (ImageDataset? Train, ImageDataset? Validation, ImageDataset? Test) LoadFolder(
        string folder, string name, ImageReading reading)
    {
        (string? trainIdx, string? testIdx) = IdxReader.FindParts(folder);
        if (trainIdx is not null || testIdx is not null)
        {
            reading.RequireNone(folder);
            return (
                trainIdx is null ? null : IdxReader.Read(trainIdx, name),
                null,
                testIdx is null ? null : IdxReader.Read(testIdx, name));
        }

        (string[] train, string[] test) = CifarReader.FindParts(folder);
        if (train.Length + test.Length > 0)
        {
            reading.RequireNone(folder);
            return (
                train.Length == 0 ? null : CifarReader.Read(train, name),
                null,
                test.Length == 0 ? null : CifarReader.Read(test, name));
        }

        return ImageFolderReader.Read(new PictureFolder(folder), name, reading);
    }

    private static (ImageDataset? Train, ImageDataset? Validation, ImageDataset? Test) AsPart(
        ImageDataset images, string fileName) =>
        PartNames.IsHeldOut(fileName) ? (null, null, images) : (images, null, null);

    private static ImageParts Complete(
        ImageDataset? train, ImageDataset? validation, ImageDataset? test, string source)
    {
        ImageDataset?[] parts = [train, validation, test];
        ImageDataset first = parts.First(part => part is not null)!;
        foreach (ImageDataset part in parts.OfType<ImageDataset>())
        {
            if ((part.Height, part.Width, part.Channels, part.Bins)
                != (first.Height, first.Width, first.Channels, first.Bins))
            {
                throw DataFile.BadFormat(
                    source,
                    $"{(ReferenceEquals(part, test) ? "test" : "validation")} images are "
                    + $"{part.Height}x{part.Width}x{part.Channels}, expected {first.Height}x{first.Width}x{first.Channels} "
                    + (part.Bins == first.Bins ? "as the first part" : $"of {first.Bins} levels"));
            }
        }

        string[] notes = [.. parts.SelectMany(part => part?.Notes ?? []).Distinct()];
        if (ClassLabels.CommonNames([.. parts.Select(part => (part?.Labels, part?.ClassNames))]) is string[] classes)
        {
            parts = Array.ConvertAll(parts, part => part?.Labels is int[] labels
                ? part.WithLabels(ClassLabels.Renumber(labels, part.ClassNames, classes), classes)
                : part);
        }

        // Validation images that come without test images are both.
        (train, validation, test) = (parts[0], parts[1], parts[2] ?? parts[1]);
        ImageParts complete = test is null
            ? DatasetSplit.Split(train!, source)
            : new ImageParts(train ?? test.Take(0), validation, test);
        return complete with { Notes = notes };
    }
}
