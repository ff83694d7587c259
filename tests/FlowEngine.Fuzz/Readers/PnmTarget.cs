using FlowEngine.Data;

namespace FlowEngine.Fuzz;

/// <summary>PGM and PPM images.</summary>
internal sealed class PnmTarget(string name) : Target(name)
{
    private readonly TokenText _headers = new("P5\n2 2\n255\n", "P6 # color\n2 1 # size\n15\n", "P5 1 1 1\n");

    public override void Make(Dice dice, Output output)
    {
        _headers.Write(dice, dice.Below(_headers.Count), dice.Below(3), output);
        foreach (ref byte sample in output.Take(dice.OneIn(2) ? 4 : dice.Below(9)))
        {
            sample = (byte)dice.Bits();
        }

        if (dice.OneIn(4))
        {
            ByteEdits.Apply(dice, output);
        }
    }

    public override void Read(ReadOnlyMemory<byte> input) => PnmImage.Decode(input.Span, FileName);
}
