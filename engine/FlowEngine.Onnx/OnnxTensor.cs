namespace FlowEngine.Onnx;

/// <summary>An input or an output of an ONNX file, in float32.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Sizes">Its sizes after the first one, which is the batch and may be any.</param>
public sealed record OnnxTensor(string Name, IReadOnlyList<int> Sizes)
{
    /// <summary>The name and the sizes, as "x (batch, 8, 8, 1)".</summary>
    public override string ToString() => $"{Name} ({string.Join(", ", ["batch", .. Sizes])})";
}
