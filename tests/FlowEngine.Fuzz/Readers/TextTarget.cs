using System.Text;

namespace FlowEngine.Fuzz;

/// <summary>Texts that are read as strings.</summary>
/// <param name="name">Its name.</param>
/// <param name="texts">Sound texts.</param>
internal abstract class TextTarget(string name, IEnumerable<string> texts) : Target(name)
{
    private readonly TokenText _texts = new([.. texts]);

    public override void Make(Dice dice, Output output)
    {
        _texts.Write(dice, dice.Below(_texts.Count), dice.Below(5), output);
        if (dice.OneIn(8))
        {
            ByteEdits.Apply(dice, output);
        }
    }

    public override void Read(ReadOnlyMemory<byte> input) => Read(Encoding.UTF8.GetString(input.Span));

    /// <summary>Reads a text.</summary>
    protected abstract void Read(string text);
}
