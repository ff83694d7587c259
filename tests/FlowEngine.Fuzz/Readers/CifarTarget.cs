using FlowEngine.Data;

namespace FlowEngine.Fuzz;

/// <summary>Records of CIFAR-10 and CIFAR-100.</summary>
internal sealed class CifarTarget(string name) : Target(name)
{
    private const int Pixels = 3072;

    public override void Make(Dice dice, Output output)
    {
        int labels = 1 + dice.Below(2);
        for (int record = dice.OneIn(8) ? 2 : 1; record > 0; record--)
        {
            Span<byte> bytes = output.Take(labels + Pixels);
            bytes[..labels].Fill((byte)dice.Below(dice.OneIn(2) ? 10 : 256));
            bytes[dice.Below(bytes.Length)] = (byte)dice.Bits();
        }

        if (dice.OneIn(4))
        {
            ByteEdits.Apply(dice, output);
        }
    }

    public override void Read(ReadOnlyMemory<byte> input) => AsFile(input, () => CifarReader.Read([FileName], FileName));
}
