using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace FlowEngine.Data;

/// <summary>Decodes one PNG file: chunks, then the zlib stream of filtered rows, then samples.</summary>
internal sealed class PngDecoder
{
    private static ReadOnlySpan<byte> JpegStart => [0xff, 0xd8, 0xff];

    /// <summary>Adam7: first column, first row, column step, row step of each pass.</summary>
    private static readonly (int X, int Y, int StepX, int StepY)[] _adam7 =
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

    private static readonly (int X, int Y, int StepX, int StepY)[] _progressive = [(0, 0, 1, 1)];

    private readonly string _name;
    private readonly ArrayBufferWriter<byte> _compressed = new();
    private byte[] _palette = [];
    private int _width;
    private int _height;
    private int _depth;
    private int _colorType;
    private bool _isInterlaced;

    private PngDecoder(string name) => _name = name;

    public static Image Decode(ReadOnlySpan<byte> file, string name)
    {
        PngDecoder decoder = new(name);
        decoder.ReadChunks(file);
        return decoder.ReadPixels();
    }

    private int Channels => _colorType is PngFormat.Grey or PngFormat.GreyAlpha ? 1 : 3;

    private int SamplesPerPixel => _colorType switch
    {
        PngFormat.Rgb => 3,
        PngFormat.GreyAlpha => 2,
        PngFormat.Rgba => 4,
        _ => 1,
    };

    private void ReadChunks(ReadOnlySpan<byte> file)
    {
        if (!file.StartsWith(PngFormat.Signature))
        {
            throw Bad(file.StartsWith(JpegStart)
                ? "is a JPEG picture, expected PNG as its name says: convert it"
                : "is not a PNG file, expected its signature");
        }

        ReadOnlySpan<byte> rest = file[PngFormat.Signature.Length..];
        for (bool isFirst = true; ; isFirst = false)
        {
            uint length = rest.Length < 12 ? uint.MaxValue : BinaryPrimitives.ReadUInt32BigEndian(rest);
            if (length > (uint)Math.Max(0, rest.Length - 12))
            {
                throw Bad("is cut short, expected a whole chunk");
            }

            ReadOnlySpan<byte> typeAndData = rest.Slice(4, (int)length + 4);
            rest = rest[((int)length + 8)..];
            if (Crc32.Append(0, typeAndData) != BinaryPrimitives.ReadUInt32BigEndian(rest))
            {
                throw Bad("has a chunk whose checksum is wrong, expected an undamaged file");
            }

            rest = rest[4..];
            string type = Encoding.Latin1.GetString(typeAndData[..4]);
            if (isFirst != (type == "IHDR"))
            {
                throw Bad("has chunks out of order, expected one IHDR, first");
            }

            if (type == "IEND")
            {
                return;
            }

            ReadChunk(type, typeAndData[4..]);
        }
    }

    private void ReadChunk(string type, ReadOnlySpan<byte> data)
    {
        switch (type)
        {
            case "IHDR":
                ReadHeader(data);
                break;
            case "PLTE":
                _palette = data.Length is > 0 and <= 768 && data.Length % 3 == 0
                    ? data.ToArray()
                    : throw Bad($"has a palette of {data.Length} bytes, expected 3 to 768 by threes");
                break;
            case "IDAT":
                _compressed.Write(data);
                break;
            case [>= 'A' and <= 'Z', ..]:
                throw Bad($"has an unknown critical chunk '{type}', expected IHDR, PLTE, IDAT and IEND");
            default:
                // A lower-case first letter marks a chunk that may be skipped.
                break;
        }
    }

    private void ReadHeader(ReadOnlySpan<byte> data)
    {
        if (data.Length != 13)
        {
            throw Bad($"has a header of {data.Length} bytes, expected 13");
        }

        uint width = BinaryPrimitives.ReadUInt32BigEndian(data);
        uint height = BinaryPrimitives.ReadUInt32BigEndian(data[4..]);
        (_depth, _colorType, _isInterlaced) = (data[8], data[9], data[12] == 1);
        bool isKnownType = (_colorType, _depth) is (PngFormat.Grey, 1 or 2 or 4 or 8 or 16)
            or (PngFormat.Palette, 1 or 2 or 4 or 8)
            or (PngFormat.Rgb or PngFormat.GreyAlpha or PngFormat.Rgba, 8 or 16);
        if (!isKnownType || data[10] != 0 || data[11] != 0 || data[12] > 1)
        {
            throw Bad($"has color type {_colorType} of {_depth} bits or a method unknown, expected a standard one");
        }

        if (width == 0 || height == 0 || (UInt128)width * height * 3 > Image.MaxLength)
        {
            throw Bad($"is {height}x{width}, expected at least 1x1 and at most {Image.MaxLength / 3} pixels");
        }

        (_width, _height) = ((int)width, (int)height);
    }

    private Image ReadPixels()
    {
        if (_colorType == PngFormat.Palette && _palette.Length == 0)
        {
            throw Bad("has no palette, expected one for its color type");
        }

        // Checked before anything is allocated for a size that only the header claims.
        (int X, int Y, int StepX, int StepY)[] passes = _isInterlaced ? _adam7 : _progressive;
        long filteredLength = 0;
        foreach ((int x, int y, int stepX, int stepY) in passes)
        {
            int columns = PassLength(_width, x, stepX);
            filteredLength += columns == 0 ? 0 : PassLength(_height, y, stepY) * (1L + RowLength(columns));
        }

        if (filteredLength > (long)_compressed.WrittenCount * DataFile.MaxExpansion)
        {
            throw Bad($"has {_compressed.WrittenCount} bytes of data, expected more for {_height}x{_width}");
        }

        if (filteredLength > ReadLimits.Of(_compressed.WrittenCount))
        {
            throw ReadLimits.Exceeded(_name, ReadLimits.Of(_compressed.WrittenCount));
        }

        using ZLibStream content = new(
            new MemoryStream(_compressed.WrittenSpan.ToArray(), writable: false), CompressionMode.Decompress);
        byte[] pixels = new byte[_height * _width * Channels];
        try
        {
            foreach ((int x, int y, int stepX, int stepY) in passes)
            {
                ReadPass(content, pixels, (x, y, stepX, stepY));
            }

            if (content.ReadByte() >= 0)
            {
                throw Bad("has more rows than its header says, expected the end of the data");
            }
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw DataFile.BadFormat(_name, $"has damaged or missing rows ({e.Message}), expected {_height}", e);
        }

        return new Image(_height, _width, Channels, pixels);
    }

    private void ReadPass(Stream content, byte[] pixels, (int X, int Y, int StepX, int StepY) pass)
    {
        int columns = PassLength(_width, pass.X, pass.StepX);
        if (columns == 0)
        {
            return;
        }

        int stride = Math.Max(1, SamplesPerPixel * _depth / 8);
        byte[] row = new byte[RowLength(columns)];
        byte[] above = new byte[row.Length];
        for (int y = pass.Y; y < _height; y += pass.StepY)
        {
            int filter = content.ReadByte();
            content.ReadExactly(row);
            Unfilter(filter, row, above, stride);
            for (int i = 0, x = pass.X; i < columns; i++, x += pass.StepX)
            {
                WritePixel(row, i, pixels.AsSpan((y * _width + x) * Channels, Channels));
            }

            (row, above) = (above, row);
        }
    }

    private void Unfilter(int filter, Span<byte> row, ReadOnlySpan<byte> above, int stride)
    {
        if (filter is < 0 or > 4)
        {
            throw Bad($"has row filter {filter}, expected 0..4");
        }

        for (int i = 0; i < row.Length; i++)
        {
            byte left = i < stride ? (byte)0 : row[i - stride];
            byte corner = i < stride ? (byte)0 : above[i - stride];
            row[i] += filter switch
            {
                0 => 0,
                1 => left,
                2 => above[i],
                3 => (byte)((left + above[i]) / 2),
                _ => PngFormat.Paeth(left, above[i], corner),
            };
        }
    }

    private void WritePixel(ReadOnlySpan<byte> row, int column, Span<byte> pixel)
    {
        if (_colorType == PngFormat.Palette)
        {
            int entry = RawSample(row, column) * 3;
            if (entry >= _palette.Length)
            {
                throw Bad($"has palette index {entry / 3}, expected 0..{_palette.Length / 3 - 1}");
            }

            _palette.AsSpan(entry, 3).CopyTo(pixel);
            return;
        }

        // What follows the color samples is alpha.
        int last = (1 << _depth) - 1;
        for (int c = 0; c < pixel.Length; c++)
        {
            pixel[c] = (byte)((RawSample(row, column * SamplesPerPixel + c) * 255 + last / 2) / last);
        }
    }

    private int RawSample(ReadOnlySpan<byte> row, int index)
    {
        if (_depth >= 8)
        {
            return _depth == 8 ? row[index] : BinaryPrimitives.ReadUInt16BigEndian(row[(index * 2)..]);
        }

        int bit = index * _depth;
        return (row[bit >> 3] >> (8 - _depth - (bit & 7))) & ((1 << _depth) - 1);
    }

    private int RowLength(int columns) => (int)(((long)columns * SamplesPerPixel * _depth + 7) / 8);

    private static int PassLength(int length, int first, int step) => (Math.Max(0, length - first) + step - 1) / step;

    private FlowException Bad(string problem) => DataFile.BadFormat(_name, problem);
}
