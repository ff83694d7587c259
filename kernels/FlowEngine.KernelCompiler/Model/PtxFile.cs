using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace FlowEngine.KernelCompiler;

/// <summary>What the name and the first line of a PTX file say.</summary>
/// <param name="Module">The class it was made from.</param>
/// <param name="Hash">The hash of the text it was made from; empty if it names none.</param>
internal sealed record PtxFile(string Module, string Hash)
{
    public static PtxFile Read(AdditionalText file, CancellationToken cancellation)
    {
        // Class.sm_80.ptx
        string name = Path.GetFileName(file.Path);
        SourceText? text = file.GetText(cancellation);
        string first = text is { Lines.Count: > 0 } ? text.Lines[0].ToString() : "";
        return new PtxFile(
            name.Substring(0, name.IndexOf('.')),
            first.StartsWith(CudaHash.PtxHead, StringComparison.Ordinal) ? first.Substring(CudaHash.PtxHead.Length).Trim() : "");
    }
}
