namespace FlowEngine.Data;

/// <summary>Reads CIFAR-10 and CIFAR-100 in binary: label bytes, then 3,072 pixel bytes in C,H,W order.</summary>
internal static class CifarReader
{
    private const int Size = 32;
    private const int Channels = 3;
    private const int Plane = Size * Size;

    /// <summary>Bytes of a CIFAR-10 record: one label, 0..9.</summary>
    private const int Record10 = 1 + Channels * Plane;

    /// <summary>Bytes of a CIFAR-100 record: coarse label, 0..19, then fine label, 0..99.</summary>
    private const int Record100 = 2 + Channels * Plane;

    /// <summary>Whether a file is named and sized as CIFAR records are.</summary>
    public static bool IsCifar(string path)
    {
        long length = DataFile.Guard(path, () => new FileInfo(path).Length);
        return path.EndsWith(".bin", StringComparison.OrdinalIgnoreCase)
            && length > 0
            && (length % Record10 == 0 || length % Record100 == 0);
    }

    /// <summary>The files of each part in a folder, by their official names; none for a part not there.</summary>
    public static (string[] Train, string[] Test) FindParts(string folder)
    {
        string[] batches = Directory.GetFiles(folder, "data_batch_*.bin");
        Array.Sort(batches, StringComparer.Ordinal);
        string[] testBatch = Existing(folder, "test_batch.bin");
        return batches.Length + testBatch.Length > 0
            ? (batches, testBatch)
            : (Existing(folder, "train.bin"), Existing(folder, "test.bin"));
    }

    /// <summary>Reads files in order as one data set.</summary>
    public static ImageDataset Read(string[] paths, string name)
    {
        List<byte[]> images = [];
        List<int> labels = [];
        List<ImageStore> stores = [];
        bool staysInFiles = paths.Sum(path => DataFile.Open(path, file => file.Length)) > ImageStore.LargestInMemory;
        foreach (string path in paths)
        {
            int record = DataFile.Open(path, file => ReadRecords(file, path, staysInFiles ? null : images, labels));
            if (staysInFiles)
            {
                ImageLayout layout = new(
                    labels.Count - stores.Sum(store => store.Count), Channels, Size, Size, IsChannelsFirst: true);
                NpyHeader bytes = new('u', 1, IsBigEndian: false, IsFortranOrder: false, [layout.Count]);
                stores.Add(new FileImages(path, path, record - (Channels * Plane), record, bytes, layout));
            }
        }

        return staysInFiles
            ? new ImageDataset(
                name, Size, Size, Channels, 256, stores.Aggregate((first, second) => first.Concat(second)), [.. labels])
            : new ImageDataset(name, Size, Size, Channels, 256, [.. images], [.. labels]);
    }

    /// <summary>Reads the labels of a file, and its images where there is a list for them.</summary>
    /// <returns>Bytes of a record.</returns>
    private static int ReadRecords(Stream file, string path, List<byte[]>? images, List<int> labels)
    {
        int record = RecordLength(file.Length, path);
        DataReader reader = new(file, path, file.Length, isExact: true);
        byte[] buffer = new byte[record];
        for (int row = 0; reader.Remaining > 0; row++)
        {
            reader.ReadExactly(buffer);
            int label = buffer[record - Channels * Plane - 1];
            int lastLabel = record == Record10 ? 9 : 99;
            if (label > lastLabel)
            {
                throw DataFile.BadFormat(path, $"record {row} has label {label}, expected 0..{lastLabel}");
            }

            labels.Add(label);
            images?.Add(ToChannelsLast(buffer.AsSpan(record - Channels * Plane)));
        }

        return record;
    }

    private static int RecordLength(long fileLength, string path)
    {
        // A length may divide by both; then the official name of CIFAR-100's files decides.
        bool isNamed100 = Path.GetFileName(path) is "train.bin" or "test.bin";
        foreach (int record in isNamed100 ? [Record100, Record10] : new[] { Record10, Record100 })
        {
            if (fileLength > 0 && fileLength % record == 0)
            {
                return record;
            }
        }

        throw DataFile.BadFormat(
            path, $"has {fileLength} bytes, expected CIFAR records of {Record10} or {Record100} bytes");
    }

    private static byte[] ToChannelsLast(ReadOnlySpan<byte> planes)
    {
        byte[] image = new byte[Channels * Plane];
        ReadOnlySpan<byte> red = planes[..Plane];
        ReadOnlySpan<byte> green = planes.Slice(Plane, Plane);
        ReadOnlySpan<byte> blue = planes.Slice(2 * Plane, Plane);
        for (int p = 0, i = 0; p < Plane; p++, i += Channels)
        {
            image[i] = red[p];
            image[i + 1] = green[p];
            image[i + 2] = blue[p];
        }

        return image;
    }

    private static string[] Existing(string folder, string fileName)
    {
        string path = Path.Combine(folder, fileName);
        return File.Exists(path) ? [path] : [];
    }
}
