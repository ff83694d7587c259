namespace FlowEngine.Cli;

/// <summary>Stands in the place of the writer of ONNX files, whose package this program is free of.</summary>
internal static class OnnxFile
{
    /// <summary>Says what to use instead.</summary>
    public static string Write(string checkpoint, string path, string what) => throw new FlowException(
        FlowErrorKind.Unsupported,
        $"{path}: this program writes no ONNX files, expected the flow command with a .NET runtime: dotnet run --project "
        + $"bindings/cli -- export {checkpoint} {path} --what {what}");
}
