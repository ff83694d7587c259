using FlowEngine.Data;
using FlowEngine.Models;
using FlowEngine.Onnx.Format;

namespace FlowEngine.Onnx;

/// <summary>Writes models as ONNX files, which ONNX Runtime and onnxruntime-web run.</summary>
/// <remarks>
/// Images are as <see cref="ModelInference"/> takes them, (B, H, W, C), scaled to [-0.5, 0.5); rows of a table and the values of its
/// condition columns are in the units of the table, as <see cref="Likelihood.TableModel"/> takes and gives them; classes are one-hot
/// rows. All are float32. The batch may be any. <c>docs/onnx.md</c> has names and shapes.
/// </remarks>
public static class OnnxExport
{
    // Protobuf counts the bytes of a message in 32 bits.
    private const long MostParameters = 500_000_000;

    /// <summary>Writes a file, whole or not at all.</summary>
    /// <param name="model">The model, initialized.</param>
    /// <param name="function">What the file computes.</param>
    /// <param name="path">The file to create or replace.</param>
    /// <returns>The inputs and outputs of the file.</returns>
    /// <exception cref="FlowException">The model is not initialized, or too large; a part of it has no nodes
    /// (<see cref="FlowErrorKind.Unsupported"/>); or the file cannot be written (<see cref="FlowErrorKind.Io"/>).</exception>
    public static OnnxSignature Write(Model model, OnnxFunction function, string path)
    {
        OnnxGraph graph = Build(model, function, out ReadOnlyMemory<byte> file);
        AtomicFile.Write(path, stream => stream.Write(file.Span));
        return new OnnxSignature(graph.Inputs, graph.Outputs);
    }

    /// <summary>Writes a file to a stream, whose own errors pass through.</summary>
    /// <param name="model">The model, initialized.</param>
    /// <param name="function">What the file computes.</param>
    /// <param name="stream">Where to write, from its position on.</param>
    /// <returns>The inputs and outputs of the file.</returns>
    /// <exception cref="FlowException">The model is not initialized, or too large, or a part of it has no nodes
    /// (<see cref="FlowErrorKind.Unsupported"/>).</exception>
    public static OnnxSignature Write(Model model, OnnxFunction function, Stream stream)
    {
        OnnxGraph graph = Build(model, function, out ReadOnlyMemory<byte> file);
        stream.Write(file.Span);
        return new OnnxSignature(graph.Inputs, graph.Outputs);
    }

    private static OnnxGraph Build(Model model, OnnxFunction function, out ReadOnlyMemory<byte> file)
    {
        model.RequireInitialized();
        if (model.Flow.Parameters.Length > MostParameters)
        {
            throw Translation.Unsupported(
                $"it has {model.Flow.Parameters.Length} parameters, and a file takes at most {MostParameters}");
        }

        OnnxGraph graph = new();
        using Translation translation = new(model, graph);
        new FlowNodes(model, translation).Add(function);
        file = graph.ToFile(
            $"{model.Config.Options.Kind.Name} {function}",
            [("flowengine.model", model.Config.Options.Summary), ("flowengine.config", model.Config.ToJson())]);
        return graph;
    }
}
