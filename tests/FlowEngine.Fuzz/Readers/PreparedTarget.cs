using System.Text;

using FlowEngine.Data;

namespace FlowEngine.Fuzz;

/// <summary>What a prepared set says of itself.</summary>
internal sealed class PreparedTarget(string name) : TextTarget(name, Texts())
{
    protected override void Read(string text) => PreparedDescription.Parse(Encoding.UTF8.GetBytes(text), FileName);

    private static IEnumerable<string> Texts()
    {
        yield return Text(new PreparedDescription(
            "set", 256, ["cat", "dog"], new Dictionary<string, int> { ["train"] = 3, ["val"] = 1, ["test"] = 2 }, ImagePreparation.None));
        yield return Text(new PreparedDescription(
            "digits", 17, null, new Dictionary<string, int> { ["train"] = 3 }, new ImagePreparation(8, 1)));
    }

    private static string Text(PreparedDescription description)
    {
        using MemoryStream stream = new();
        description.Write(stream);
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
