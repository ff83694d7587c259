namespace FlowEngine.Data;

/// <summary>Writes a file so that its name always leads to a whole one: the old content or the new.</summary>
public static class AtomicFile
{
    private const int BufferLengthInBytes = 1 << 16;
    private const string Extension = ".tmp";

    private static readonly EnumerationOptions _everyFile = new() { AttributesToSkip = 0, IgnoreInaccessible = true };
    private static readonly int _randomLength = Path.GetRandomFileName().Length;

    /// <summary>
    /// Writes a temporary file beside <paramref name="path"/>, flushes it to disk, renames it. Of a link the file it leads to
    /// is replaced, and the new file may be read by whom the old one might. A device is written as it is.
    /// </summary>
    /// <param name="path">The file to create or replace; its folder must exist.</param>
    /// <param name="write">Writes the content. If it throws, the old file stays and no temporary file is left.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.Io"/>: the file cannot be written.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(write);
        Guard(path, () =>
        {
            string target = Target(path);
            if (IsDevice(target))
            {
                // A rename would replace a device like /dev/null by a file, for every program of the machine.
                using FileStream device = new(target, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
                write(device);
            }
            else
            {
                RemoveLeftovers(Path.GetDirectoryName(target)!, Path.GetFileName(target));
                Replace(target, write, flush: true);
            }
        });
    }

    /// <summary>
    /// Writes one of many files that are made at once: as <see cref="Write"/>, but it does not wait for the disk and does not
    /// look for what others left.
    /// </summary>
    /// <inheritdoc cref="Write"/>
    internal static void WriteOneOfMany(string path, Action<Stream> write) =>
        Guard(path, () => Replace(Target(path), write, flush: false));

    /// <summary>Removes what processes that were killed in <see cref="Write"/> left of the files of a folder.</summary>
    /// <param name="folder">The folder; nothing is done where it is missing.</param>
    /// <param name="name">The name of the file; null for every one.</param>
    internal static void RemoveLeftovers(string folder, string? name)
    {
        if (!Directory.Exists(folder))
        {
            return;
        }

        foreach (string file in Directory.GetFiles(folder, "*" + Extension, _everyFile))
        {
            string of = Path.GetFileName(file);
            int length = of.Length - Extension.Length - _randomLength - 1;
            if (length > 0 && of[length] == '.' && (name is null || of[..length] == name) && IsAbandoned(file))
            {
                Remove(file);
            }
        }
    }

    private static void Guard(string path, Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new FlowException(FlowErrorKind.Io, $"{path}: cannot be written: {exception.Message}", exception);
        }
    }

    private static void Replace(string target, Action<Stream> write, bool flush)
    {
        string? temporary = null;
        bool isDone = false;
        try
        {
            string candidate = $"{target}.{Path.GetRandomFileName()}{Extension}";
            using (FileStream stream = new(
                candidate, FileMode.CreateNew, FileAccess.Write, FileShare.None, BufferLengthInBytes))
            {
                temporary = candidate;
                write(stream);
                stream.Flush(flush);
                if (!OperatingSystem.IsWindows() && File.Exists(target))
                {
                    File.SetUnixFileMode(stream.SafeFileHandle, File.GetUnixFileMode(target));
                }
            }

            File.Move(candidate, target, overwrite: true);
            isDone = true;
        }
        finally
        {
            if (!isDone && temporary is not null)
            {
                Remove(temporary);
            }
        }
    }

    /// <summary>The file that a path leads to.</summary>
    private static string Target(string path)
    {
        OutputPath.Require(path);
        string full = Path.GetFullPath(path);
        return IsDevice(full) || new FileInfo(full).LinkTarget is null
            ? full
            : File.ResolveLinkTarget(full, returnFinalTarget: true)!.FullName;
    }

    private static bool IsDevice(string path) =>
        (path.StartsWith("/dev/", StringComparison.Ordinal) && !path.StartsWith("/dev/shm/", StringComparison.Ordinal))
        || path.StartsWith("/proc/", StringComparison.Ordinal);

    /// <summary>True if no process has the file open for writing: whoever does holds a lock on it.</summary>
    private static bool IsAbandoned(string temporary)
    {
        try
        {
            using FileStream stream = new(temporary, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
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
            // There is a worse error to report, or none: the file that is asked for is not this one.
        }
    }
}
