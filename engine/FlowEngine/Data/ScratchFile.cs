using System.Globalization;

using Microsoft.Win32.SafeHandles;

namespace FlowEngine.Data;

/// <summary>Room on disk for the pixels of pictures that do not fit into memory; it is gone with the process.</summary>
internal static class ScratchFile
{
    /// <summary>Makes a file of a length, without a name where the system allows that.</summary>
    /// <param name="folder">Where it is.</param>
    /// <param name="length">Its bytes.</param>
    /// <exception cref="FlowException">There is no such room.</exception>
    public static SafeFileHandle Create(string folder, long length)
    {
        string path = Path.Combine(folder, $"flowengine-pixels-{Guid.NewGuid():N}");
        try
        {
            SafeFileHandle file = File.OpenHandle(
                path,
                FileMode.CreateNew,
                FileAccess.ReadWrite,
                FileShare.Read | FileShare.Delete,
                OperatingSystem.IsWindows() ? FileOptions.DeleteOnClose : FileOptions.None,
                length);
            if (!OperatingSystem.IsWindows())
            {
                // Nothing is left of a process that is killed.
                File.Delete(path);
            }

            return file;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw DataFile.Error(
                FlowErrorKind.Io,
                folder,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"has no room for {length} bytes of pixels ({exception.Message}), expected it: set TMPDIR to a folder that has"),
                exception);
        }
    }
}
