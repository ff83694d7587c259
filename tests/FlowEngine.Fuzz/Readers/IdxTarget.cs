using FlowEngine.Data;

namespace FlowEngine.Fuzz;

/// <summary>Files of MNIST's kind.</summary>
internal sealed class IdxTarget(string name) : Target(name)
{
    public override void Make(Dice dice, Output output)
    {
        int type = dice.OneIn(4) ? dice.Pick([0x08, 0x09, 0x0B, 0x0C, 0x0D, 0x0E, 0x0F, 0]) : 0x08;
        int axes = dice.OneIn(8) ? dice.Below(6) : 3;
        output.Big32(dice.OneIn(32) ? dice.Odd() : (type << 8) | axes);
        int length = type switch
        {
            0x0B => 2,
            0x0C or 0x0D => 4,
            0x0E => 8,
            _ => 1,
        };
        for (int i = 0; i < axes; i++)
        {
            int axis = 1 + dice.Below(3);
            length *= axis;
            output.Big32(dice.OneIn(12) ? dice.Odd() : axis);
        }

        length += dice.OneIn(8) ? dice.Below(9) - 4 : 0;
        foreach (ref byte element in output.Take(Math.Max(0, length)))
        {
            element = (byte)dice.Bits();
        }

        if (dice.OneIn(8))
        {
            ByteEdits.Apply(dice, output);
        }
    }

    public override void Read(ReadOnlyMemory<byte> input) => AsFile(input, () => IdxReader.Read(FileName, FileName));
}
