using System.Buffers.Binary;

using FlowEngine.Data;
using FlowEngine.Kernels;

namespace FlowEngine.Compression;

/// <summary>What a file of compressed images begins with.</summary>
/// <remarks>
/// Little-endian:
/// <code>
///  0  8   magic 89 'F' 'L' 'W' 0D 0A 1A 0A
///  8  4   version, 1
/// 12  20  height, width, channels, bins, images
/// 32  4   images of a block
/// 36  32  SHA-256 of the model's tensors, as in its checkpoint
/// 68  4n  the length of each of the n = ⌈images / images of a block⌉ blocks, in bytes
///     4   CRC-32 of everything before it
/// </code>
/// The blocks follow; see <see cref="CompressedBlock"/>.
/// </remarks>
internal sealed record CompressedHeader(
    ImageShape Shape, int Bins, int Count, int ImagesPerBlock, byte[] ModelHash, int[] BlockLengths)
{
    private const uint Version = 1;
    private const int HashOffset = 36;
    private const int HashLength = 32;
    private const int FixedLength = HashOffset + HashLength;
    private const int ChecksumLength = sizeof(uint);

    private static ReadOnlySpan<byte> Magic => [0x89, (byte)'F', (byte)'L', (byte)'W', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>The length of the header in bytes.</summary>
    internal int Length => LengthFor(BlockLengths.Length);

    /// <summary>The images of a block, fewer in the last.</summary>
    internal int ImagesOf(int block) => Math.Min(ImagesPerBlock, Count - (block * ImagesPerBlock));

    /// <summary>The length of the header of so many blocks in bytes.</summary>
    internal static int LengthFor(int blocks) => checked(FixedLength + (sizeof(int) * blocks) + ChecksumLength);

    /// <summary>How many blocks so many images take.</summary>
    internal static int BlocksFor(int count, int imagesPerBlock) =>
        (int)(((long)count + imagesPerBlock - 1) / imagesPerBlock);

    internal byte[] ToBytes()
    {
        byte[] bytes = new byte[Length];
        Magic.CopyTo(bytes);
        uint[] fields =
        [
            Version, (uint)Shape.Height, (uint)Shape.Width, (uint)Shape.Channels, (uint)Bins, (uint)Count,
            (uint)ImagesPerBlock,
        ];
        Span<byte> rest = bytes.AsSpan(Magic.Length);
        foreach (uint field in fields)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(rest, field);
            rest = rest[sizeof(uint)..];
        }

        ModelHash.CopyTo(rest);
        rest = rest[HashLength..];
        foreach (int length in BlockLengths)
        {
            BinaryPrimitives.WriteInt32LittleEndian(rest, length);
            rest = rest[sizeof(int)..];
        }

        BinaryPrimitives.WriteUInt32LittleEndian(rest, Crc32.Append(0, bytes.AsSpan(0, bytes.Length - ChecksumLength)));
        return bytes;
    }

    /// <summary>Reads a header and checks everything it says against itself and the length of the file.</summary>
    /// <param name="stream">At its beginning.</param>
    /// <param name="name">What errors call it.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.BadFormat"/>.</exception>
    internal static CompressedHeader Read(Stream stream, string name)
    {
        byte[] start = new byte[FixedLength];
        int read = stream.ReadAtLeast(start, FixedLength, throwOnEndOfStream: false);
        if (!start.AsSpan(0, Math.Min(read, Magic.Length)).SequenceEqual(Magic))
        {
            throw DataFile.BadFormat(name, "is not a file of compressed images, expected what flow compress writes");
        }

        uint version = BinaryPrimitives.ReadUInt32LittleEndian(start.AsSpan(Magic.Length));
        if (read > Magic.Length + sizeof(uint) && version > Version)
        {
            throw DataFile.BadFormat(
                name, $"written by a newer version (format {version}; this one reads up to {Version})");
        }

        if (read < FixedLength)
        {
            throw DataFile.BadFormat(name, "ends in its header");
        }

        uint[] fields = new uint[6];
        for (int i = 0; i < fields.Length; i++)
        {
            fields[i] = BinaryPrimitives.ReadUInt32LittleEndian(start.AsSpan(12 + (sizeof(uint) * i)));
        }

        (uint height, uint width, uint channels, uint bins, uint count) =
            (fields[0], fields[1], fields[2], fields[3], fields[4]);
        uint imagesPerBlock = fields[5];

        // The product of two fits in 64 bits, and is bounded before the next.
        if (version < 1 || height is 0 or > Image.MaxLength || width is 0 or > Image.MaxLength
            || (ulong)height * width > Image.MaxLength || channels is 0 or > Image.MaxLength
            || (ulong)height * width * channels > Image.MaxLength || bins is < 2 or > 256 || count > int.MaxValue
            || imagesPerBlock is 0 or > int.MaxValue
            || (ulong)height * width * channels * Math.Min(count, imagesPerBlock) > (ulong)Array.MaxLength)
        {
            throw DataFile.BadFormat(
                name,
                $"is damaged: version {version}, {count} images of {height}x{width}x{channels} in {bins} grey levels, "
                + $"{imagesPerBlock} a block");
        }

        int blocks = BlocksFor((int)count, (int)imagesPerBlock);
        long rest = ((long)blocks * sizeof(int)) + ChecksumLength;
        if (stream.Length - FixedLength < rest)
        {
            throw DataFile.BadFormat(name, $"ends in its table of {blocks} blocks");
        }

        byte[] table = new byte[rest];
        stream.ReadExactly(table);
        uint checksum = Crc32.Append(Crc32.Append(0, start), table.AsSpan(0, table.Length - ChecksumLength));
        if (checksum != BinaryPrimitives.ReadUInt32LittleEndian(table.AsSpan(table.Length - ChecksumLength)))
        {
            throw DataFile.BadFormat(name, "the checksum of the header does not match: the file is damaged");
        }

        int[] lengths = new int[blocks];
        long sum = FixedLength + rest;
        for (int i = 0; i < blocks; i++)
        {
            lengths[i] = BinaryPrimitives.ReadInt32LittleEndian(table.AsSpan(sizeof(int) * i));
            sum += lengths[i];
            if (lengths[i] < CompressedBlock.SmallestLength || sum > stream.Length)
            {
                throw DataFile.BadFormat(name, $"ends in block {i} of {blocks}, or the table of blocks is damaged");
            }
        }

        if ((ulong)height * width * channels * count / DataFile.MaxExpansion > (ulong)stream.Length)
        {
            throw DataFile.BadFormat(
                name, $"has {stream.Length} bytes for {count} images of {height}x{width}x{channels}, which are too few");
        }

        if (sum != stream.Length)
        {
            throw DataFile.BadFormat(name, $"is {stream.Length} bytes long, expected {sum}");
        }

        return new CompressedHeader(
            new ImageShape(1, (int)height, (int)width, (int)channels),
            (int)bins,
            (int)count,
            (int)imagesPerBlock,
            start[HashOffset..],
            lengths);
    }
}
