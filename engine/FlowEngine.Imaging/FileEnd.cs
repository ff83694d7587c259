using System.Buffers.Binary;

using SixLabors.ImageSharp.Formats;
using SixLabors.ImageSharp.Formats.Bmp;
using SixLabors.ImageSharp.Formats.Gif;
using SixLabors.ImageSharp.Formats.Jpeg;
using SixLabors.ImageSharp.Formats.Tiff;
using SixLabors.ImageSharp.Formats.Webp;

namespace FlowEngine.Imaging;

/// <summary>Tells whether the file of a picture has its end.</summary>
/// <remarks>
/// ImageSharp 2.1 does not: what is missing it makes grey (JPEG), black (uncompressed TIFF), or leaves to what was in memory before (WebP,
/// BMP, GIF), without a word.
/// </remarks>
internal static class FileEnd
{
    /// <summary>True if all bytes are there that the first picture of a file is of.</summary>
    /// <param name="file">Whatever is there, which begins as a file of the format.</param>
    /// <param name="format">The format.</param>
    public static bool IsThere(ReadOnlySpan<byte> file, IImageFormat format)
    {
        try
        {
            return format switch
            {
                JpegFormat => HasEndOfJpeg(file),
                GifFormat => HasFrameOfGif(file),
                WebpFormat => file.Length >= 8L + BinaryPrimitives.ReadUInt32LittleEndian(file[4..]),
                BmpFormat => file.Length >= LengthOfBmp(file),
                TiffFormat => HasStripsOfTiff(file),
                _ => false,
            };
        }
        catch (ArgumentOutOfRangeException)
        {
            // A field that lies beyond the end.
            return false;
        }
    }

    /// <summary>A marker of the end follows the first scan (ITU-T T.81, B.1.1.3).</summary>
    private static bool HasEndOfJpeg(ReadOnlySpan<byte> file)
    {
        // Segments of a length, up to the first scan: a preview inside of one has an end of its own.
        const byte StartOfScan = 0xDA;
        int position = 2;
        while (position + 4 <= file.Length && file[position] == 0xFF)
        {
            byte marker = file[position + 1];
            if (marker == StartOfScan)
            {
                return file[position..].IndexOf([(byte)0xFF, (byte)0xD9]) >= 0;
            }

            position += marker == 0xFF ? 1 : 2 + BinaryPrimitives.ReadUInt16BigEndian(file[(position + 2)..]);
        }

        return false;
    }

    /// <summary>The blocks of the first frame end (GIF89a, sections 15 to 22).</summary>
    private static bool HasFrameOfGif(ReadOnlySpan<byte> file)
    {
        const byte Extension = 0x21;
        const byte Frame = 0x2C;
        int position = 13 + TableLength(file[10..]);
        while (position < file.Length && file[position] == Extension)
        {
            position = EndOfBlocks(file, position + 2);
        }

        // A descriptor of ten bytes, its table, and the size of the first codes.
        return position < file.Length && file[position] == Frame
            && EndOfBlocks(file, position + 11 + TableLength(file[(position + 9)..])) <= file.Length;

        static int TableLength(ReadOnlySpan<byte> flags) =>
            flags[..1][0] < 0x80 ? 0 : 3 << ((flags[0] & 7) + 1);

        static int EndOfBlocks(ReadOnlySpan<byte> file, int position)
        {
            while (position < file.Length && file[position] != 0)
            {
                position += 1 + file[position];
            }

            return position + 1;
        }
    }

    /// <summary>Bytes of a BMP: by its rows where they are not packed, else by its header.</summary>
    private static long LengthOfBmp(ReadOnlySpan<byte> file)
    {
        const int OldHeader = 12;
        long begin = BinaryPrimitives.ReadUInt32LittleEndian(file[10..]);
        bool isOld = BinaryPrimitives.ReadUInt32LittleEndian(file[14..]) == OldHeader;
        if (!isOld && BinaryPrimitives.ReadUInt32LittleEndian(file[30..]) is 1 or 2)
        {
            return begin + BinaryPrimitives.ReadUInt32LittleEndian(file[34..]);
        }

        (long width, long height, long bits) = isOld
            ? (BinaryPrimitives.ReadUInt16LittleEndian(file[18..]),
                BinaryPrimitives.ReadUInt16LittleEndian(file[20..]),
                BinaryPrimitives.ReadUInt16LittleEndian(file[24..]))
            : (BinaryPrimitives.ReadInt32LittleEndian(file[18..]),
                Math.Abs((long)BinaryPrimitives.ReadInt32LittleEndian(file[22..])),
                BinaryPrimitives.ReadUInt16LittleEndian(file[28..]));
        return begin + (((width * bits) + 31) / 32 * 4 * height);
    }

    /// <summary>The strips of the first page are inside of the file (TIFF 6.0, section 8).</summary>
    private static bool HasStripsOfTiff(ReadOnlySpan<byte> file)
    {
        const ushort StripOffsets = 273;
        const ushort StripByteCounts = 279;
        bool isBigEndian = file[0] == (byte)'M';
        int directory = (int)Math.Min(int.MaxValue, Long(file[4..]));
        int entries = Short(file[directory..]);
        ReadOnlySpan<byte> offsets = default;
        ReadOnlySpan<byte> counts = default;
        for (int i = 0; i < entries; i++)
        {
            ReadOnlySpan<byte> entry = file.Slice(directory + 2 + (12 * i), 12);
            switch (Short(entry))
            {
                case StripOffsets:
                    offsets = entry;
                    break;
                case StripByteCounts:
                    counts = entry;
                    break;
            }
        }

        long strips = offsets.IsEmpty || counts.IsEmpty ? 0 : Long(offsets[4..]);
        for (int i = 0; i < strips; i++)
        {
            if (Value(file, offsets, i) + Value(file, counts, i) > file.Length)
            {
                return false;
            }
        }

        return strips > 0;

        ushort Short(ReadOnlySpan<byte> bytes) => isBigEndian
            ? BinaryPrimitives.ReadUInt16BigEndian(bytes)
            : BinaryPrimitives.ReadUInt16LittleEndian(bytes);

        long Long(ReadOnlySpan<byte> bytes) => isBigEndian
            ? BinaryPrimitives.ReadUInt32BigEndian(bytes)
            : BinaryPrimitives.ReadUInt32LittleEndian(bytes);

        // Values of up to four bytes stand in the entry itself.
        long Value(ReadOnlySpan<byte> file, ReadOnlySpan<byte> entry, int index)
        {
            const ushort OfShorts = 3;
            int size = Short(entry[2..]) == OfShorts ? 2 : 4;
            ReadOnlySpan<byte> values = Long(entry[4..]) * size <= 4 ? entry[8..] : file[(int)Math.Min(int.MaxValue, Long(entry[8..]))..];
            return size == 2 ? Short(values[(index * size)..]) : Long(values[(index * size)..]);
        }
    }
}
