using System.Diagnostics.CodeAnalysis;
using System.IO.Compression;
using System.Security;

using Microsoft.Win32.SafeHandles;

namespace FlowEngine.Data;

/// <summary>Opens data files, unzips gzip by its magic, and turns every failure into a FlowException.</summary>
internal static class DataFile
{
    /// <summary>Deflate cannot expand more than this, so the compressed length bounds the content (RFC 1951).</summary>
    public const int MaxExpansion = 1032;

    [ThreadStatic]
    private static Func<string, Stream>? _opener;

    /// <summary>What opens the files that this thread reads, for tests that have them in memory; null for the file system.</summary>
    internal static Func<string, Stream>? Opener
    {
        get => _opener;
        set => _opener = value;
    }

    /// <summary>Runs a reader over a file.</summary>
    public static T Open<T>(string path, Func<Stream, T> read) => Guard(path, () =>
    {
        using Stream file = OpenRead(path);
        return read(file);
    });

    /// <summary>A file to read from; its errors are not those of a <see cref="Guard"/>.</summary>
    [SuppressMessage("Reliability", "CA2000", Justification = "It is the caller's.")]
    public static Stream OpenRead(string path) => _opener?.Invoke(path)
        ?? new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 16);

    /// <summary>Runs a reader over the content of a file, unzipped if the file is gzip.</summary>
    public static T Read<T>(string path, Func<DataReader, T> read) => Open(path, file =>
    {
        Span<byte> magic = stackalloc byte[2];
        bool isGzip = file.ReadAtLeast(magic, 2, throwOnEndOfStream: false) == 2 && magic is [0x1f, 0x8b];
        file.Position = 0;
        if (!isGzip)
        {
            return read(new DataReader(file, path, file.Length, isExact: true));
        }

        using Stream content = Unzip(file, path);
        return read(new DataReader(content, path, checked(file.Length * MaxExpansion), isExact: false));
    });

    /// <summary>Runs a reader over the content of a file as UTF-8 text, unzipped if the file is gzip.</summary>
    public static T ReadText<T>(string path, Func<TextReader, T> read) => Open(path, file =>
    {
        Span<byte> magic = stackalloc byte[2];
        bool isGzip = file.ReadAtLeast(magic, 2, throwOnEndOfStream: false) == 2 && magic is [0x1f, 0x8b];
        file.Position = 0;
        using Stream content = isGzip ? Unzip(file, path) : file;
        using LineReader text = new(content, path);
        return read(text);
    });

    /// <summary>The first bytes of a file's content, fewer if it is shorter.</summary>
    public static byte[] ReadMagic(string path, int count) => Open(path, file =>
    {
        byte[] magic = new byte[count];
        int read = file.ReadAtLeast(magic, count, throwOnEndOfStream: false);
        if (magic is [0x1f, 0x8b, ..])
        {
            file.Position = 0;
            using Stream content = Unzip(file, path);
            read = content.ReadAtLeast(magic, count, throwOnEndOfStream: false);
        }

        return magic[..read];
    });

    /// <summary>Reads a part of a file that stays open; allocates nothing.</summary>
    /// <param name="file">The file.</param>
    /// <param name="path">Its path, for messages.</param>
    /// <param name="position">Where the part begins.</param>
    /// <param name="bytes">The part, overwritten.</param>
    /// <exception cref="FlowException">The file is shorter than it was, or cannot be read any more.</exception>
    public static void ReadAt(SafeFileHandle file, string path, long position, Span<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int read;
            try
            {
                read = RandomAccess.Read(file, bytes, position);
            }
            catch (IOException exception)
            {
                throw Error(FlowErrorKind.Io, path, $"cannot be read any more: {exception.Message}", exception);
            }

            if (read == 0)
            {
                throw Error(FlowErrorKind.Io, path, "was cut short while it was in use, expected it to stay as it is");
            }

            bytes = bytes[read..];
            position += read;
        }
    }

    /// <summary>All bytes of a file.</summary>
    public static byte[] ReadAllBytes(string path) => Guard(path, () => File.ReadAllBytes(path));

    /// <summary>Writes a file whole or not at all.</summary>
    public static void WriteAllBytes(string path, byte[] bytes) => AtomicFile.Write(path, stream => stream.Write(bytes));

    /// <summary>Runs something that touches a file, and names that file in whatever goes wrong.</summary>
    public static T Guard<T>(string path, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Error(FlowErrorKind.Io, path, "does not exist, expected a file or folder", e);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException || IsOfUnpacking(e))
        {
            throw Error(FlowErrorKind.BadFormat, path, $"is damaged or cut short ({e.Message}), expected a whole file", e);
        }
        catch (UnauthorizedAccessException) when (Directory.Exists(path))
        {
            throw Error(FlowErrorKind.Io, path, "is a folder, expected a file");
        }
        catch (UnauthorizedAccessException) when (Directory.Exists(path))
        {
            throw Error(FlowErrorKind.Io, path, "is a folder, expected a file");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SecurityException
            or ArgumentException or NotSupportedException)
        {
            throw Error(FlowErrorKind.Io, path, $"cannot be accessed: {e.Message}", e);
        }
        catch (Exception e) when (e is OutOfMemoryException or OverflowException)
        {
            throw Error(FlowErrorKind.OutOfMemory, path, "does not fit in memory", e);
        }
    }

    /// <summary>True for what decompression says of damage beside <see cref="InvalidDataException"/>: its type is not public.</summary>
    private static bool IsOfUnpacking(Exception exception) =>
        exception is IOException && exception.GetType().Assembly == typeof(DeflateStream).Assembly;

    /// <summary>The content of a gzip file, up to the limit of its length.</summary>
    [SuppressMessage("Reliability", "CA2000", Justification = "The stream that is returned disposes of the one it reads.")]
    internal static UnpackedStream Unzip(Stream file, string path) => new(
        new GZipStream(file, CompressionMode.Decompress, leaveOpen: true), path, ReadLimits.Of(file.Length));

    /// <summary>The error for a file whose content is wrong.</summary>
    public static FlowException BadFormat(string name, string problem, Exception? cause = null) =>
        Error(FlowErrorKind.BadFormat, name, problem, cause);

    /// <summary>The error of a kind about a named file.</summary>
    public static FlowException Error(FlowErrorKind kind, string name, string problem, Exception? cause = null) =>
        new(kind, $"{name}: {problem}", cause);
}
