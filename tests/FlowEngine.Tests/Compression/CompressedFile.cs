using System.Buffers.Binary;
using FlowEngine.Architecture;
using FlowEngine.Compression;
using FlowEngine.Data;
using FlowEngine.Models;

namespace FlowEngine.Tests.Compression;

/// <summary>Compresses in memory, and mends the checksums of what was damaged on purpose.</summary>
internal static class CompressedFile
{
    private const int FixedLength = 68;

    public static byte[] Of(Model model, ReadOnlySpan<byte> levels, int imagesPerBlock, out CompressionReport report)
    {
        using MemoryStream stream = new();
        report = ImageCompressor.Compress(model, levels, stream, imagesPerBlock);
        return stream.ToArray();
    }

    public static byte[] Of(Model model, ReadOnlySpan<byte> levels, int imagesPerBlock) =>
        Of(model, levels, imagesPerBlock, out _);

    public static CompressedImages Open(byte[] file) => CompressedImages.Open(new MemoryStream(file), "file");

    public static byte[] Read(byte[] file, Model model) => Open(file).Read(model);

    public static byte[] Levels(ImageDataset data, int count)
    {
        int dims = data.Height * data.Width * data.Channels;
        byte[] levels = new byte[count * dims];
        for (int i = 0; i < count; i++)
        {
            data[i].CopyTo(levels.AsSpan(i * dims));
        }

        return levels;
    }

    /// <summary>Random levels, smooth enough that a model is not wholly wrong about them.</summary>
    public static byte[] Levels(Flow flow, int bins, int count, int seed = 1)
    {
        Random random = new(seed);
        byte[] levels = new byte[count * flow.Dims];
        for (int i = 0; i < levels.Length; i++)
        {
            levels[i] = (byte)((random.Next(bins) + random.Next(bins)) / 2);
        }

        return levels;
    }

    /// <summary>Makes the checksums of the header and of every block right again where they are in the file.</summary>
    public static void Mend(byte[] file)
    {
        if (file.Length < FixedLength)
        {
            return;
        }

        uint count = BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(28));
        uint perBlock = BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(32));
        long blocks = perBlock == 0 ? 0 : ((long)count + perBlock - 1) / perBlock;
        long end = FixedLength + (4 * blocks);
        if (end + 4 > file.Length)
        {
            return;
        }

        Write(file, (int)end, Crc32.Append(0, file.AsSpan(0, (int)end)));
        long at = end + 4;
        for (int i = 0; i < blocks; i++)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(FixedLength + (4 * i)));
            if (length < 9 || at + length > file.Length)
            {
                return;
            }

            byte[] number = new byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(number, i);
            uint checksum = Crc32.Append(Crc32.Append(0, number), file.AsSpan((int)at, length - 4));
            at += length;
            Write(file, (int)at - 4, checksum);
        }
    }

    private static void Write(byte[] file, int at, uint value) =>
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(at), value);
}
