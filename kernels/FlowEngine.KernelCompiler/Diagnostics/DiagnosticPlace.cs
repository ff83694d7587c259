using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace FlowEngine.KernelCompiler;

/// <summary>A place in the source that compares by value and holds no tree.</summary>
/// <param name="Path">The file.</param>
/// <param name="Span">Where in its text.</param>
/// <param name="Lines">The same as lines and columns.</param>
internal sealed record DiagnosticPlace(string Path, TextSpan Span, LinePositionSpan Lines)
{
    public static DiagnosticPlace Of(Location location) =>
        new(location.SourceTree?.FilePath ?? "", location.SourceSpan, location.GetLineSpan().Span);

    public Location ToLocation() => Path.Length == 0 ? Location.None : Location.Create(Path, Span, Lines);
}
