namespace FlowEngine.Kernels.Device;

/// <summary>A line of a kernel's source.</summary>
/// <param name="File">The file as the compiler saw it.</param>
/// <param name="Line">From 1.</param>
internal readonly record struct SourceLine(string File, int Line)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Path.GetFileName(File)}:{Line}";
}
