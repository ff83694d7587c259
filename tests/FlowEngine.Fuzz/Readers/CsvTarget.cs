using FlowEngine.Data;

namespace FlowEngine.Fuzz;

/// <summary>Tables as text.</summary>
internal sealed class CsvTarget(string name) : Target(name)
{
    private readonly TokenText _texts = new(
        "a,b,label\n1,2,x\n3,4,y\n",
        "1;2\r\n3;4\r\n5.5;-6e-3\r\n",
        "\"a \"\"b\"\"\tc\"\tb\n1\t\"2\"\n\n0.5\t.5\n",
        ",x,y\n0,1.5,2\n1,2.5,3\n2,3.5,?\n",
        "0\n1\n0\n",
        "\ufeffa,label\n1e300,-1\nNaN,1\n\"1\n\",0\n");

    public override void Make(Dice dice, Output output)
    {
        _texts.Write(dice, dice.Below(_texts.Count), dice.Below(5), output);
        if (dice.OneIn(8))
        {
            ByteEdits.Apply(dice, output);
        }
    }

    public override void Read(ReadOnlyMemory<byte> input)
    {
        string? label = input.Length % 3 == 0 ? "label" : input.Length % 3 == 1 ? "0" : null;
        AsFile(input, () => TableLoader.Load($"{FileName}.csv", label, seed: 1));
    }
}
