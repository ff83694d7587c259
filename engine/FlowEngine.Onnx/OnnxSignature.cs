namespace FlowEngine.Onnx;

/// <summary>What an ONNX file takes and gives.</summary>
/// <param name="Inputs">The inputs.</param>
/// <param name="Outputs">The outputs.</param>
public sealed record OnnxSignature(IReadOnlyList<OnnxTensor> Inputs, IReadOnlyList<OnnxTensor> Outputs);
