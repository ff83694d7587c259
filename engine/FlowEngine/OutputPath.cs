namespace FlowEngine;

/// <summary>Checks where a file is to be written before anything is computed for it.</summary>
internal static class OutputPath
{
    /// <summary>Checks that a file can have a path: its folder is there, and no folder is in its place.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.Io"/>: it cannot.</exception>
    public static void Require(string path)
    {
        string folder = path.Length == 0 ? string.Empty : Path.GetDirectoryName(Path.GetFullPath(path)) ?? string.Empty;
        string? problem = path.Length == 0 ? "the path is empty, expected the name of a file"
            : Directory.Exists(path) ? "it is a folder, expected the name of a file"
            : folder.Length == 0 || Directory.Exists(folder) ? null
            : File.Exists(folder) ? $"{folder} is a file, expected a folder"
            : $"there is no folder {folder}, create it first";
        if (problem is not null)
        {
            throw new FlowException(FlowErrorKind.Io, $"{path}: cannot be written: {problem}");
        }
    }
}
