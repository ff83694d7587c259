using FlowEngine.Checkpoints;

namespace FlowEngine.Fuzz;

/// <summary>Any safetensors file.</summary>
internal sealed class SafetensorsTarget(string name) : Target(name)
{
    private readonly SafetensorsMaker _maker = new(
        Write(),
        Write(new NamedTensor("a", new byte[] { 1 })),
        Write(
            new NamedTensor("f64", new double[] { 1, 2 }, 2),
            new NamedTensor("weights.ä", new float[] { 1, 2, 3, 4, 5, 6 }, 2, 3),
            new NamedTensor("empty", Array.Empty<int>(), 0, 4),
            new NamedTensor("flag", new byte[] { 1 })),
        Write([.. Enumerable.Range(0, 12).Select(i => new NamedTensor($"t{i}", new byte[i], i))]));

    public override void Make(Dice dice, Output output) => _maker.Write(dice, output);

    public override void Read(ReadOnlyMemory<byte> input)
    {
        foreach (NamedTensor tensor in SafetensorsFile.Read(input, FileName).Tensors)
        {
            tensor.ToDoubles();
        }
    }

    private static byte[] Write(params NamedTensor[] tensors)
    {
        using MemoryStream stream = new();
        SafetensorsFile.Write(stream, tensors, new Dictionary<string, string> { ["key"] = "value" });
        return stream.ToArray();
    }
}
