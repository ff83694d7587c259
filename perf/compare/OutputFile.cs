using System.Text.Json;

namespace FlowEngine.Compare;

/// <summary>Writes JSON files.</summary>
internal static class OutputFile
{
    /// <summary>Writes a value, and the folders above it.</summary>
    /// <exception cref="CompareException">The file cannot be written.</exception>
    public static void Write<T>(string path, T value, JsonSerializerOptions format)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            File.WriteAllText(path, JsonSerializer.Serialize(value, format) + "\n");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CompareException($"{path} cannot be written: {exception.Message}", exception);
        }
    }
}
