using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

using FlowEngine.Data;

namespace FlowEngine.Fuzz;

/// <summary>PNG images of every type, depth and interlacing.</summary>
internal sealed class PngTarget(string name) : Target(name)
{
    private readonly Output _rows = new();
    private readonly Output _data = new();

    public override void Make(Dice dice, Output output)
    {
        int width = 1 + dice.Below(dice.OneIn(8) ? 20 : 4);
        int height = 1 + dice.Below(dice.OneIn(8) ? 20 : 4);
        int type = dice.OneIn(40) ? dice.Below(8) : dice.Pick([0, 2, 3, 4, 6]);
        int depth = dice.OneIn(40) ? dice.Below(20) : type switch
        {
            0 => dice.Pick([1, 2, 4, 8, 16]),
            3 => dice.Pick([1, 2, 4, 8]),
            _ => dice.Pick([8, 16]),
        };
        bool isInterlaced = dice.OneIn(4);
        output.Add(PngFormat.Signature);
        _data.Cut();
        _data.Big32(dice.OneIn(24) ? dice.Odd() : width);
        _data.Big32(dice.OneIn(24) ? dice.Odd() : height);
        _data.Add(
        [
            (byte)depth, (byte)type, dice.OneIn(64) ? (byte)1 : (byte)0, dice.OneIn(64) ? (byte)1 : (byte)0,
            isInterlaced ? (byte)1 : (byte)0,
        ]);
        Chunk(dice, "IHDR", output);
        if (type == 3 ? !dice.OneIn(24) : dice.OneIn(24))
        {
            _data.Cut();
            _data.Take((1 + dice.Below(8)) * 3 + (dice.OneIn(24) ? 1 : 0));
            Chunk(dice, "PLTE", output);
        }

        if (dice.OneIn(24))
        {
            _data.Cut();
            _data.Take(dice.Below(8));
            Chunk(dice, dice.Pick(["tRNS", "gAMA", "IHDR", "PLTE", "ABCD", "a\u001b[3", "IEND"]), output);
        }

        MakeRows(dice, width, height, type, depth, isInterlaced);
        _data.Cut();
        _data.Add([0x78, dice.OneIn(40) ? (byte)dice.Pick([0xBB, 0x9C, 0xDA, 0x02]) : (byte)0x01]);
        Deflated.Write(dice, _rows.Span, _data);
        _data.Big32(Adler(_rows.Span) + (dice.OneIn(16) ? 1 : 0));
        Chunk(dice, "IDAT", output);
        _data.Cut();
        Chunk(dice, "IEND", output);
        if (dice.OneIn(8))
        {
            ByteEdits.Apply(dice, output);
        }
    }

    public override void Read(ReadOnlyMemory<byte> input) => PngImage.Decode(input.Span, FileName);

    public override long UnpackedLength(ReadOnlyMemory<byte> input)
    {
        int start = input.Span.IndexOf("IDAT"u8) + 4;
        using ZLibStream content = new(Stream(input[start..]), CompressionMode.Decompress);
        return input.Length + Deflated.LengthOf(content);
    }

    private void MakeRows(Dice dice, int width, int height, int type, int depth, bool isInterlaced)
    {
        _rows.Cut();
        int samples = type switch
        {
            2 => 3,
            4 => 2,
            6 => 4,
            _ => 1,
        };
        (int X, int Y, int StepX, int StepY)[] passes = isInterlaced
            ? [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
            : [(0, 0, 1, 1)];
        foreach ((int x, int y, int stepX, int stepY) in passes)
        {
            int columns = (Math.Max(0, width - x) + stepX - 1) / stepX;
            for (int row = y; row < height && columns > 0; row += stepY)
            {
                Span<byte> line = _rows.Take(1 + ((columns * samples * depth) + 7) / 8);
                line[0] = (byte)dice.Below(dice.OneIn(40) ? 256 : 5);
                line[dice.Below(line.Length)] += (byte)dice.Below(3);
            }
        }

        if (dice.OneIn(12))
        {
            _rows.Take(dice.Below(4));
            _rows.Cut(Math.Max(0, _rows.Length - dice.Below(4)));
        }
    }

    private void Chunk(Dice dice, string type, Output output)
    {
        output.Big32(dice.OneIn(100) ? dice.Odd() : _data.Length);
        int start = output.Length;
        output.Add(Encoding.Latin1.GetBytes(type));
        output.Add(_data.Span);
        uint crc = Crc32.Append(0, output.Span[start..]);
        BinaryPrimitives.WriteUInt32BigEndian(output.Take(4), dice.OneIn(100) ? crc + 1 : crc);
    }

    private static long Adler(ReadOnlySpan<byte> bytes)
    {
        uint a = 1;
        uint b = 0;
        foreach (byte value in bytes)
        {
            a = (a + value) % 65521;
            b = (b + a) % 65521;
        }

        return (b << 16) | a;
    }
}
