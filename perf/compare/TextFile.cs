namespace FlowEngine.Compare;

/// <summary>Reads text files.</summary>
internal static class TextFile
{
    /// <summary>The lines of a file.</summary>
    /// <exception cref="CompareException">The file cannot be read.</exception>
    public static string[] Lines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CompareException($"{path} cannot be read: {exception.Message}", exception);
        }
    }
}
