namespace FlowEngine.Checkpoints;

/// <summary>Writes a file so that its name always leads to a whole one: the old content or the new.</summary>
public static class AtomicFile
{
    private const int BufferLengthInBytes = 1 << 16;

    /// <summary>Writes a temporary file beside <paramref name="path"/>, flushes it to disk, renames it.</summary>
    /// <param name="path">The file to create or replace; its folder must exist.</param>
    /// <param name="write">Writes the content. If it throws, the old file stays and no temporary file is left.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.Io"/>: the file cannot be written.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(write);
        string? temporary = null;
        bool done = false;
        try
        {
            string target = FullPath(path);
            string candidate = $"{target}.{Path.GetRandomFileName()}.tmp";
            using (FileStream stream = new(
                candidate, FileMode.CreateNew, FileAccess.Write, FileShare.None, BufferLengthInBytes))
            {
                temporary = candidate;
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(candidate, target, overwrite: true);
            done = true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FlowException(FlowErrorKind.Io, $"{path}: cannot be written: {exception.Message}", exception);
        }
        finally
        {
            if (!done && temporary is not null)
            {
                Remove(temporary);
            }
        }
    }

    private static string FullPath(string path)
    {
        try
        {
            string full = Path.GetFullPath(path);

            // A rename would replace a device like /dev/null by a file, for every program of the machine.
            bool isDevice = full.StartsWith("/dev/", StringComparison.Ordinal)
                && !full.StartsWith("/dev/shm/", StringComparison.Ordinal);
            return isDevice ? throw new IOException("a device is not replaced by a file") : full;
        }
        catch (ArgumentException exception)
        {
            throw new IOException("the path is empty or malformed", exception);
        }
    }

    private static void Remove(string temporary)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The error that led here is the one worth reporting.
        }
    }
}
