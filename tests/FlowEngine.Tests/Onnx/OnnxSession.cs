using Microsoft.ML.OnnxRuntime;

namespace FlowEngine.Tests.Onnx;

/// <summary>Runs files in ONNX Runtime.</summary>
internal static class OnnxSession
{
    public static float[][] Run(OnnxCase one)
    {
        using SessionOptions options = new() { IntraOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        using InferenceSession session = new(one.File, options);
        using RunOptions run = new();
        OrtValue[] inputs = [.. one.Inputs.Zip(one.Signature.Inputs, (values, tensor) =>
            OrtValue.CreateTensorValueFromMemory(values, Shape(values.Length, tensor.Sizes)))];
        string[] outputs = [.. one.Signature.Outputs.Select(tensor => tensor.Name)];
        using IDisposableReadOnlyCollection<OrtValue> results = session.Run(
            run, [.. one.Signature.Inputs.Select(tensor => tensor.Name)], inputs, outputs);
        foreach (OrtValue input in inputs)
        {
            input.Dispose();
        }

        return [.. results.Select(result => result.GetTensorDataAsSpan<float>().ToArray())];
    }

    /// <summary>The sizes of a whole batch.</summary>
    public static long[] Shape(int length, IReadOnlyList<int> sizes) =>
        [length / sizes.Aggregate(1, (product, size) => product * size), .. sizes];
}
