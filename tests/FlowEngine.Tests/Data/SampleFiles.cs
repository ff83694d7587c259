using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace FlowEngine.Tests.Data;

/// <summary>Writes small files of each format from their published descriptions, for the readers to read.</summary>
internal static class SampleFiles
{
    /// <summary>Images whose samples tell their place: every test can recompute them.</summary>
    public static byte[][] Images(int count, int length, int bins = 256)
    {
        byte[][] images = new byte[count][];
        for (int n = 0; n < count; n++)
        {
            images[n] = [.. Enumerable.Range(0, length).Select(i => (byte)((n * 37 + i * 11 + i * i) % bins))];
        }

        return images;
    }

    public static byte[] Idx(byte[][] images, int height, int width) =>
        [0, 0, 8, 3, .. BigEndian(images.Length), .. BigEndian(height), .. BigEndian(width), .. Concat(images)];

    public static byte[] IdxLabels(byte[] labels) => [0, 0, 8, 1, .. BigEndian(labels.Length), .. labels];

    public static byte[] Gzip(byte[] bytes)
    {
        using MemoryStream zipped = new();
        using (GZipStream content = new(zipped, CompressionLevel.Optimal))
        {
            content.Write(bytes);
        }

        return zipped.ToArray();
    }

    /// <summary>Records of label bytes, then the three planes of each 32x32x3 image in H,W,C order.</summary>
    public static byte[] Cifar(byte[][] images, byte[][] labels)
    {
        IEnumerable<byte> bytes = [];
        for (int n = 0; n < images.Length; n++)
        {
            bytes = [.. bytes, .. labels[n], .. ChannelsFirst(images[n], 32 * 32, 3)];
        }

        return [.. bytes];
    }

    public static byte[] ChannelsFirst(byte[] image, int pixels, int channels) =>
        [.. Enumerable.Range(0, channels * pixels).Select(i => image[i % pixels * channels + i / pixels])];

    public static byte[] Npy(
        string elementType, string shape, byte[] data, bool isFortranOrder = false, byte version = 1)
    {
        string order = isFortranOrder ? "True" : "False";
        return NpyWithHeader(
            $"{{'descr': '{elementType}', 'fortran_order': {order}, 'shape': {shape}, }}", data, version);
    }

    public static byte[] NpyWithHeader(string header, byte[] data, byte version = 1)
    {
        int prefix = version == 1 ? 10 : 12;
        string padded = header + new string(' ', 63 - (prefix + header.Length) % 64) + "\n";
        byte[] length = new byte[version == 1 ? 2 : 4];
        (length[0], length[1]) = ((byte)padded.Length, (byte)(padded.Length >> 8));
        byte[] text = Encoding.Latin1.GetBytes(padded);
        return [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', version, 0, .. length, .. text, .. data];
    }

    public static byte[] Npz(CompressionLevel level, params (string Key, byte[] Array)[] arrays)
    {
        using MemoryStream file = new();
        using (ZipArchive archive = new(file, ZipArchiveMode.Create))
        {
            foreach ((string key, byte[] array) in arrays)
            {
                using Stream entry = archive.CreateEntry(key + ".npy", level).Open();
                entry.Write(array);
            }
        }

        return file.ToArray();
    }

    /// <summary>Elements of an array stored in row order, in Fortran order.</summary>
    public static byte[] FortranOrder(byte[] data, int[] shape, int itemSize)
    {
        byte[] reordered = new byte[data.Length];
        for (int k = 0; k < data.Length / itemSize; k++)
        {
            // Peel the axes of the Fortran position off from the first, and build the row position.
            int rest = k;
            int from = 0;
            for (int axis = 0; axis < shape.Length; axis++)
            {
                int stride = shape.Skip(axis + 1).Aggregate(1, (p, n) => p * n);
                from += rest % shape[axis] * stride;
                rest /= shape[axis];
            }

            data.AsSpan(from * itemSize, itemSize).CopyTo(reordered.AsSpan(k * itemSize));
        }

        return reordered;
    }

    public static byte[] Concat(byte[][] arrays) => [.. arrays.SelectMany(array => array)];

    public static byte[] BigEndian(int value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }
}
