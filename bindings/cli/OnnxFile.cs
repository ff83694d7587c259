using FlowEngine.Kernels.Cpu;
using FlowEngine.Models;
using FlowEngine.Onnx;

namespace FlowEngine.Cli;

/// <summary>ONNX files of checkpoints. The command without a runtime has another one in its place.</summary>
internal static class OnnxFile
{
    /// <summary>Writes a file.</summary>
    /// <param name="checkpoint">The model.</param>
    /// <param name="path">The file.</param>
    /// <param name="what">What it computes, as <see cref="OnnxFunction"/> has it, in words with hyphens.</param>
    /// <returns>What it takes and gives, for people.</returns>
    public static string Write(string checkpoint, string path, string what)
    {
        using CpuBackend backend = new(1);
        using Model model = Model.Load(checkpoint, backend);
        OnnxFunction function = Enum.Parse<OnnxFunction>(what.Replace("-", string.Empty, StringComparison.Ordinal), ignoreCase: true);
        OnnxSignature signature = OnnxExport.Write(model, function, path);
        return $"{what} of {model.Config.DataSummary}, from {string.Join(" and ", signature.Inputs)} "
            + $"to {string.Join(" and ", signature.Outputs)}";
    }
}
