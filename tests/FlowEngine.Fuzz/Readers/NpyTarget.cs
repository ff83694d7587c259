using FlowEngine.Data;

namespace FlowEngine.Fuzz;

/// <summary>Arrays of NumPy, as images and as tables.</summary>
internal sealed class NpyTarget(string name) : Target(name)
{
    private readonly NpyMaker _maker = new();

    public override void Make(Dice dice, Output output)
    {
        _maker.Write(dice, output);
        if (dice.OneIn(8))
        {
            ByteEdits.Apply(dice, output);
        }
    }

    public override void Read(ReadOnlyMemory<byte> input) => AsFile(input, () =>
    {
        if (DataFile.Read(FileName, reader => NpyTableReader.IsTable(NpyHeader.Read(reader))))
        {
            NpyTableReader.Read(FileName, FileName);
        }
        else
        {
            NpyReader.Read(FileName, FileName);
        }
    });
}
