using System.Buffers.Binary;

namespace FlowEngine.Data;

/// <summary>Reads idx files, the format of MNIST: big-endian magic, one length an axis, then unsigned bytes.</summary>
internal static class IdxReader
{
    /// <summary>Unsigned bytes (08) of three axes: images.</summary>
    public const uint ImageMagic = 0x00000803;

    /// <summary>Unsigned bytes (08) of one axis: labels.</summary>
    public const uint LabelMagic = 0x00000801;

    /// <summary>Reads an image file, and the label file beside it where there is one.</summary>
    public static ImageDataset Read(string path, string name)
    {
        ImageDataset images = DataFile.Read(path, reader => ReadImages(reader, name));
        if (FindLabels(path) is not string labelsPath)
        {
            return images;
        }

        int[] labels = DataFile.Read(labelsPath, reader => ReadLabels(reader, images.Count));
        return images.WithLabels(labels);
    }

    private static ImageDataset ReadImages(DataReader reader, string name)
    {
        ExpectMagic(reader, ImageMagic, "an idx image file");
        uint count = ReadLength(reader);
        uint height = ReadLength(reader);
        uint width = ReadLength(reader);
        UInt128 pixels = (UInt128)height * width;
        if (count == 0 || pixels == 0 || pixels > Image.MaxLength)
        {
            throw DataFile.BadFormat(
                reader.Name, $"the header says {count} images of {height}x{width}, expected some of a usable size");
        }

        reader.Expect(count * pixels, $"pixels ({count} images of {height}x{width})");

        // Grown as the data comes: the count of a compressed file is bounded only loosely.
        List<byte[]> images = [];
        for (uint i = 0; i < count; i++)
        {
            byte[] image = new byte[(int)pixels];
            reader.ReadExactly(image);
            images.Add(image);
        }

        reader.ExpectEnd();
        return new ImageDataset(name, (int)height, (int)width, 1, 256, [.. images]);
    }

    private static int[] ReadLabels(DataReader reader, int expectedCount)
    {
        ExpectMagic(reader, LabelMagic, "an idx label file");
        uint count = ReadLength(reader);
        if (count != expectedCount)
        {
            throw DataFile.BadFormat(reader.Name, $"has {count} labels, expected {expectedCount}, one an image");
        }

        reader.Expect(count, "labels");
        byte[] labels = new byte[count];
        reader.ReadExactly(labels);
        reader.ExpectEnd();
        return Array.ConvertAll(labels, label => (int)label);
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

    private static void ExpectMagic(DataReader reader, uint expected, string what)
    {
        uint magic = ReadLength(reader);
        if (magic != expected)
        {
            throw DataFile.BadFormat(
                reader.Name, $"begins with {magic:x8}, expected {expected:x8} ({what} of unsigned bytes)");
        }
    }

    private static uint ReadLength(DataReader reader)
    {
        Span<byte> bytes = stackalloc byte[4];
        reader.ReadExactly(bytes);
        return BinaryPrimitives.ReadUInt32BigEndian(bytes);
    }
}
