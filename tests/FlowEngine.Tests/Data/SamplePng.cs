using System.IO.Compression;
using System.Text;

namespace FlowEngine.Tests.Data;

/// <summary>Writes PNG files of every kind the standard allows, row filters and interlacing included.</summary>
internal static class SamplePng
{
    public static ReadOnlySpan<byte> Signature => [137, 80, 78, 71, 13, 10, 26, 10];

    /// <summary>The pass of each pixel of an 8x8 block, as the standard draws it.</summary>
    private static readonly string[] _passes =
        ["16462646", "77777777", "56565656", "77777777", "36463646", "77777777", "56565656", "77777777"];

    /// <summary>A whole file of raw samples, each below 2^depth; a row's number chooses its filter.</summary>
    public static byte[] Encode(
        int height, int width, int depth, int colorType, int[] samples,
        Func<int, int>? filter = null, bool isInterlaced = false, byte[]? palette = null)
    {
        int perPixel = samples.Length / (height * width);
        List<byte> filtered = [];
        int rows = 0;
        for (char pass = isInterlaced ? '1' : ' '; pass <= (isInterlaced ? '7' : ' '); pass++)
        {
            byte[]? above = null;
            for (int y = 0; y < height; y++)
            {
                int[] columns =
                [
                    .. Enumerable.Range(0, width).Where(x => !isInterlaced || _passes[y % 8][x % 8] == pass),
                ];
                if (columns.Length == 0)
                {
                    continue;
                }

                int line = y;
                byte[] row = Pack(
                    [.. columns.SelectMany(x => samples.Skip((line * width + x) * perPixel).Take(perPixel))], depth);
                int rowFilter = filter?.Invoke(rows++) ?? 0;
                filtered.Add((byte)rowFilter);
                int stride = Math.Max(1, perPixel * depth / 8);
                filtered.AddRange(Filter(rowFilter, row, above ?? new byte[row.Length], stride));
                above = row;
            }
        }

        byte[] header =
        [
            .. SampleFiles.BigEndian(width), .. SampleFiles.BigEndian(height),
            (byte)depth, (byte)colorType, 0, 0, (byte)(isInterlaced ? 1 : 0),
        ];
        byte[] data = Zlib([.. filtered]);
        return
        [
            .. Signature,
            .. Chunk("IHDR", header),
            .. Chunk("tEXt", Encoding.ASCII.GetBytes("Comment\0skipped")),
            .. palette is null ? [] : Chunk("PLTE", palette),
            .. palette is null ? [] : Chunk("tRNS", [0]),
            .. Chunk("IDAT", data[..(data.Length / 2)]),
            .. Chunk("IDAT", data[(data.Length / 2)..]),
            .. Chunk("IEND", []),
        ];
    }

    public static byte[] Chunk(string type, byte[] data)
    {
        byte[] typeAndData = [.. Encoding.ASCII.GetBytes(type), .. data];
        return [.. SampleFiles.BigEndian(data.Length), .. typeAndData, .. SampleFiles.BigEndian((int)Crc(typeAndData))];
    }

    public static byte[] Zlib(byte[] bytes)
    {
        using MemoryStream compressed = new();
        using (ZLibStream content = new(compressed, CompressionLevel.Optimal))
        {
            content.Write(bytes);
        }

        return compressed.ToArray();
    }

    private static byte[] Pack(int[] samples, int depth)
    {
        StringBuilder bits = new();
        foreach (int sample in samples)
        {
            bits.Append(Convert.ToString(sample, 2).PadLeft(depth, '0'));
        }

        bits.Append('0', (8 - bits.Length % 8) % 8);
        return [.. bits.ToString().Chunk(8).Select(octet => Convert.ToByte(new string(octet), 2))];
    }

    private static byte[] Filter(int filter, byte[] row, byte[] above, int stride)
    {
        byte[] filtered = new byte[row.Length];
        for (int i = 0; i < row.Length; i++)
        {
            int a = i < stride ? 0 : row[i - stride];
            int b = above[i];
            int c = i < stride ? 0 : above[i - stride];
            int nearest = new[] { a, b, c }.MinBy(v => Math.Abs(a + b - c - v));
            filtered[i] = (byte)(row[i] - new[] { 0, a, b, (a + b) / 2, nearest }[filter]);
        }

        return filtered;
    }

    private static uint Crc(byte[] bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320);
            }
        }

        return ~crc;
    }
}
