using System.Buffers.Binary;

namespace FlowEngine.Data;

/// <summary>Reads idx files, the format of MNIST: big-endian magic, one length an axis, then the elements.</summary>
internal static class IdxReader
{
    private const string Ending = "idx3-ubyte";

    private static readonly string[] _trainStems = ["train-images"];
    private static readonly string[] _testStems = ["t10k-images", "test-images"];

    /// <summary>The image files of a folder as MNIST's, EMNIST's or torchvision's, whose files are in a folder raw.</summary>
    /// <param name="folder">The folder.</param>
    /// <returns>Null for a part that is not there.</returns>
    /// <exception cref="FlowException">There are several sets.</exception>
    public static (string? Train, string? Test) FindParts(string folder)
    {
        string[] nested = [.. Directory.EnumerateDirectories(folder).Select(inner => Path.Combine(inner, "raw"))];
        foreach (string place in (string[])[folder, Path.Combine(folder, "raw"), .. nested.Length == 1 ? nested : []])
        {
            string[] files = Directory.Exists(place) ? Directory.GetFiles(place) : [];
            (string? train, string? test) = (Find(folder, files, _trainStems), Find(folder, files, _testStems));
            if (train is not null || test is not null)
            {
                return (train, test);
            }
        }

        return (null, null);
    }

    /// <summary>Reads an image file, and the label file beside it where there is one.</summary>
    public static ImageDataset Read(string path, string name)
    {
        ImageDataset images = DataFile.Read(path, reader => NpyReader.ReadImages(reader, ReadHeader(reader), name, path));
        if (FindLabels(path) is not string labelsPath)
        {
            return images;
        }

        ClassLabels labels = DataFile.Read(labelsPath, reader =>
        {
            NpyHeader header = ReadHeader(reader);
            return header.Shape is [long count] && count == images.Count
                ? NpyReader.ReadLabels(reader, header)
                : throw DataFile.BadFormat(
                    reader.Name,
                    $"has labels of shape {header.ShapeText}, expected {images.Count} labels, one an image");
        });
        return images.WithLabels(labels.Numbers, labels.Names);
    }

    /// <summary>Reads the header, which is that of an array: its type, then one length an axis.</summary>
    private static NpyHeader ReadHeader(DataReader reader)
    {
        Span<byte> magic = stackalloc byte[4];
        reader.ReadExactly(magic);
        (char Kind, int Size)? type = magic[2] switch
        {
            0x08 => ('u', 1),
            0x09 => ('i', 1),
            0x0B => ('i', 2),
            0x0C => ('i', 4),
            0x0D => ('f', 4),
            0x0E => ('f', 8),
            _ => null,
        };
        if (magic is not [0, 0, _, >= 1 and <= 4] || type is null)
        {
            throw DataFile.BadFormat(
                reader.Name, $"begins with {Convert.ToHexString(magic)}, expected 00000803 or another idx type and 1 to 4 axes");
        }

        long[] shape = new long[magic[3]];
        Span<byte> length = stackalloc byte[4];
        foreach (ref long axis in shape.AsSpan())
        {
            reader.ReadExactly(length);
            axis = BinaryPrimitives.ReadUInt32BigEndian(length);
        }

        return new NpyHeader(type.Value.Kind, type.Value.Size, IsBigEndian: true, IsFortranOrder: false, shape);
    }

    /// <summary>The image file of a part, rather as it is than gzipped.</summary>
    private static string? Find(string folder, string[] files, string[] stems)
    {
        IGrouping<string, string>[] sets =
        [
            .. files.Where(file => Stem(file) is string stem && stems.Any(end => stem.EndsWith(end, StringComparison.Ordinal)))
                .Order(StringComparer.Ordinal)
                .GroupBy(file => Stem(file)!),
        ];
        return sets.Length <= 1 ? sets.FirstOrDefault()?.First() : throw DataFile.BadFormat(
            folder,
            $"holds {string.Join(", ", sets.Take(6).Select(set => Path.GetFileName(set.First())))}, expected one set: give the "
            + "file of its training images");
    }

    /// <summary>The name before its ending; null where it is not of images.</summary>
    private static string? Stem(string file)
    {
        string name = Path.GetFileName(file);
        name = name.EndsWith(".gz", StringComparison.Ordinal) ? name[..^3] : name;
        return name.EndsWith(Ending, StringComparison.Ordinal) && name.Length > Ending.Length
            ? name[..^(Ending.Length + 1)]
            : null;
    }

    /// <summary>The label file beside an image file by the usual names, packed or not, or null.</summary>
    private static string? FindLabels(string path)
    {
        string fileName = Path.GetFileName(path);
        string labels = fileName
            .Replace("images", "labels", StringComparison.Ordinal)
            .Replace("idx3", "idx1", StringComparison.Ordinal);
        if (labels == fileName)
        {
            return null;
        }

        string plain = labels.EndsWith(".gz", StringComparison.Ordinal) ? labels[..^3] : labels;
        string folder = Path.GetDirectoryName(path) ?? "";
        return new[] { labels, plain, plain + ".gz" }
            .Select(candidate => Path.Combine(folder, candidate))
            .FirstOrDefault(File.Exists);
    }
}
