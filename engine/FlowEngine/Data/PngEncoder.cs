using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace FlowEngine.Data;

/// <summary>Encodes 8-bit grey or RGB as PNG, each row under the Paeth filter.</summary>
internal static class PngEncoder
{
    public static byte[] Encode(Image image)
    {
        if (image is not { Channels: 1 or 3 })
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument, $"PNG: cannot write {image?.Channels ?? 0} channels, expected 1 or 3");
        }

        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, image.Width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), image.Height);
        (header[8], header[9]) = (8, image.Channels == 1 ? PngFormat.Grey : PngFormat.Rgb);

        using MemoryStream file = new();
        file.Write(PngFormat.Signature);
        WriteChunk(file, "IHDR", header);
        WriteChunk(file, "IDAT", Compress(image));
        WriteChunk(file, "IEND", []);
        return file.ToArray();
    }

    /// <summary>Bytes of the image under the Paeth filter and deflate: a lossless code, without PNG's frame.</summary>
    /// <param name="image">Any number of channels.</param>
    public static int CompressedLength(Image image) => Compress(image).Length;

    private static ReadOnlySpan<byte> Compress(Image image)
    {
        MemoryStream compressed = new();
        using (ZLibStream content = new(compressed, CompressionLevel.Optimal, leaveOpen: true))
        {
            int stride = image.Channels;
            int rowLength = image.Width * stride;
            byte[] filtered = new byte[1 + rowLength];
            filtered[0] = 4;
            ReadOnlySpan<byte> above = new byte[rowLength];
            for (int y = 0; y < image.Height; y++)
            {
                ReadOnlySpan<byte> row = image.Pixels.AsSpan(y * rowLength, rowLength);
                for (int i = 0; i < rowLength; i++)
                {
                    byte left = i < stride ? (byte)0 : row[i - stride];
                    byte corner = i < stride ? (byte)0 : above[i - stride];
                    filtered[i + 1] = (byte)(row[i] - PngFormat.Paeth(left, above[i], corner));
                }

                content.Write(filtered);
                above = row;
            }
        }

        return compressed.GetBuffer().AsSpan(0, (int)compressed.Length);
    }

    private static void WriteChunk(MemoryStream file, string type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        Span<byte> typeBytes = stackalloc byte[4];
        Encoding.ASCII.GetBytes(type, typeBytes);
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        file.Write(typeBytes);
        file.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.Append(Crc32.Append(0, typeBytes), data));
        file.Write(number);
    }
}
