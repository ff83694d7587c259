using System.Buffers.Binary;
using System.IO.Compression;

using FlowEngine.Data;

namespace FlowEngine.Fuzz;

/// <summary>Files of another reader, gzipped.</summary>
/// <param name="name">Its name.</param>
/// <param name="inner">The reader.</param>
internal sealed class GzipTarget(string name, Target inner) : Target(name)
{
    private readonly Output _content = new();

    public override void Make(Dice dice, Output output)
    {
        _content.Cut();
        inner.Make(dice, _content);
        output.Add([0x1F, 0x8B, 8, dice.OneIn(16) ? (byte)dice.Bits() : (byte)0, 0, 0, 0, 0, 0, 255]);
        Deflated.Write(dice, _content.Span, output);
        BinaryPrimitives.WriteUInt32LittleEndian(output.Take(4), Crc32.Append(0, _content.Span) ^ (dice.OneIn(16) ? 1u : 0));
        output.Little32(dice.OneIn(16) ? dice.Odd() : _content.Length);
        if (dice.OneIn(4))
        {
            ByteEdits.Apply(dice, output);
        }
    }

    public override void Read(ReadOnlyMemory<byte> input) => inner.Read(input);

    public override long UnpackedLength(ReadOnlyMemory<byte> input)
    {
        using GZipStream content = new(Stream(input), CompressionMode.Decompress);
        return Deflated.LengthOf(content);
    }

    public override void Dispose()
    {
        inner.Dispose();
        base.Dispose();
    }
}
