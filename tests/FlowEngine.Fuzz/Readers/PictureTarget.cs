using System.Reflection;

using FlowEngine.Imaging;

namespace FlowEngine.Fuzz;

/// <summary>Pictures of the formats that ImageSharp reads, with damage.</summary>
internal sealed class PictureTarget(string name) : Target(name)
{
    private const string Prefix = "pictures/";

    private static readonly byte[][] _seeds = ReadSeeds();
    private readonly PictureDecoder _decoder = new();

    public override void Make(Dice dice, Output output)
    {
        output.Add(dice.Pick(_seeds));
        if (!dice.OneIn(8))
        {
            ByteEdits.Apply(dice, output);
        }
    }

    public override void Read(ReadOnlyMemory<byte> input) => _decoder.Decode(input.ToArray(), FileName);

    private static byte[][] ReadSeeds()
    {
        Assembly assembly = typeof(PictureTarget).Assembly;
        return
        [
            .. assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).Order().Select(name =>
            {
                using Stream stream = assembly.GetManifestResourceStream(name)!;
                byte[] bytes = new byte[stream.Length];
                stream.ReadExactly(bytes);
                return bytes;
            }),
        ];
    }
}
