namespace FlowEngine.Training;

/// <summary>A run folder taken by this process: no other trains in it.</summary>
/// <remarks>
/// The operating system's lock on the file <c>.lock</c>, which ends with the process however that ends: there are no stale
/// ones. The file stays, so that nobody locks one that another process is about to remove.
/// </remarks>
internal sealed class RunLock : IDisposable
{
    private readonly FileStream _file;

    private RunLock(FileStream file) => _file = file;

    /// <summary>Takes a folder.</summary>
    /// <param name="folder">The folder, which must exist.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.InvalidArgument"/>: another process trains in it;
    /// <see cref="FlowErrorKind.Io"/>: the file cannot be made.</exception>
    public static RunLock Take(string folder)
    {
        string path = FileIn(folder);
        try
        {
            return new RunLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException exception) when (IsHeld(exception))
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"{folder}: another process trains in this folder: expected that it ends first",
                exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FlowException(FlowErrorKind.Io, $"{path}: cannot be written: {exception.Message}", exception);
        }
    }

    /// <summary>The file in a folder that is locked.</summary>
    public static string FileIn(string folder) => Path.Combine(folder, ".lock");

    public void Dispose() => _file.Dispose();

    /// <summary>EWOULDBLOCK of Linux and of macOS, or a sharing violation of Windows.</summary>
    private static bool IsHeld(IOException exception) => exception.GetType() == typeof(IOException)
        && (OperatingSystem.IsWindows() ? (exception.HResult & 0xFFFF) == 32 : exception.HResult is 11 or 35);
}
