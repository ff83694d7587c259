using System.Buffers;
using System.Buffers.Binary;

using FlowEngine.Data;

namespace FlowEngine.Checkpoints;

/// <summary>A safetensors file: named tensors and a map of texts.</summary>
/// <remarks>
/// Reading trusts nothing: lengths are compared with the file before memory is taken, tensors must tile the data
/// exactly, and every fault is a <see cref="FlowException"/> of one line that names the file. Tensors are read
/// straight into their arrays and written straight from them; their total may exceed 2 GiB.
/// </remarks>
public sealed class SafetensorsFile
{
    private const int BufferLengthInBytes = 1 << 16;

    private SafetensorsFile(
        string name, IReadOnlyList<NamedTensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        Name = name;
        Tensors = tensors;
        Metadata = metadata;
    }

    /// <summary>The path, or the name given to a stream or memory; error lines begin with it.</summary>
    public string Name { get; }

    /// <summary>The tensors, in the order of their bytes in the file.</summary>
    public IReadOnlyList<NamedTensor> Tensors { get; }

    /// <summary>The texts of <c>__metadata__</c>; empty where there are none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>Its content, in memory.</returns>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.Io"/>: missing or unreadable;
    /// <see cref="FlowErrorKind.BadFormat"/>: damaged, or no safetensors file;
    /// <see cref="FlowErrorKind.OutOfMemory"/>: larger than the memory.</exception>
    public static SafetensorsFile Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            using FileStream stream = new(
                path, FileMode.Open, FileAccess.Read, FileShare.Read, BufferLengthInBytes, FileOptions.SequentialScan);
            return Read(stream, path);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new FlowException(FlowErrorKind.Io, $"{path}: no such file", exception);
        }
        catch (UnauthorizedAccessException) when (Directory.Exists(path))
        {
            throw new FlowException(FlowErrorKind.Io, $"{path}: is a folder, expected a file");
        }
        catch (Exception exception) when (
            exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new FlowException(FlowErrorKind.Io, $"{path}: cannot be opened: {exception.Message}", exception);
        }
    }

    /// <summary>Reads a stream, from its position to its end.</summary>
    /// <param name="stream">A stream that can seek, so that lengths can be checked before they are believed.</param>
    /// <param name="name">What error lines call it.</param>
    /// <returns>Its content, in memory of its own.</returns>
    /// <exception cref="NotSupportedException">The stream cannot seek.</exception>
    /// <exception cref="FlowException">As for <see cref="Read(string)"/>.</exception>
    public static SafetensorsFile Read(Stream stream, string name = "stream")
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.CanSeek)
        {
            throw new NotSupportedException("not a regular file: its length is unknown");
        }

        try
        {
            SafetensorsHeader header = ReadHeader(stream);
            NamedTensor[] tensors = [.. header.Entries.Select(entry => ReadTensor(stream, entry))];
            return new SafetensorsFile(name, tensors, header.Metadata);
        }
        catch (FormatException exception)
        {
            throw new FlowException(FlowErrorKind.BadFormat, $"{name}: {exception.Message}", exception);
        }
        catch (EndOfStreamException exception)
        {
            throw new FlowException(FlowErrorKind.BadFormat, $"{name}: ended while it was read", exception);
        }
        catch (IOException exception)
        {
            throw new FlowException(FlowErrorKind.Io, $"{name}: cannot be read: {exception.Message}", exception);
        }
        catch (OutOfMemoryException exception)
        {
            throw new FlowException(FlowErrorKind.OutOfMemory, $"{name}: does not fit in memory", exception);
        }
    }

    /// <summary>Reads a file that is already in memory.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="name">What error lines call it.</param>
    /// <returns>Its content, in memory of its own.</returns>
    /// <exception cref="FlowException">As for <see cref="Read(string)"/>.</exception>
    public static unsafe SafetensorsFile Read(ReadOnlyMemory<byte> bytes, string name = "memory")
    {
        if (bytes.IsEmpty)
        {
            return Read(Stream.Null, name);
        }

        using MemoryHandle pin = bytes.Pin();
        using UnmanagedMemoryStream stream = new((byte*)pin.Pointer, bytes.Length);
        return Read(stream, name);
    }

    /// <summary>Writes a file, atomically (see <see cref="AtomicFile"/>).</summary>
    /// <param name="path">The file to create or replace.</param>
    /// <param name="tensors">The tensors, of different names. Wider elements are stored first: that aligns all.</param>
    /// <param name="metadata">Texts to store beside them.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.Io"/>: it cannot be written;
    /// <see cref="FlowErrorKind.InvalidArgument"/>: a name occurs twice, or a text is not Unicode.</exception>
    public static void Write(
        string path, IReadOnlyCollection<NamedTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null) =>
        AtomicFile.Write(path, stream => Write(stream, tensors, metadata));

    /// <summary>Writes to a stream, whose own errors pass through.</summary>
    /// <param name="stream">Where to write, from its position on.</param>
    /// <param name="tensors">The tensors, of different names.</param>
    /// <param name="metadata">Texts to store beside them.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.InvalidArgument"/>: a name occurs twice, or a text
    /// is not Unicode; nothing is written then.</exception>
    public static void Write(
        Stream stream, IReadOnlyCollection<NamedTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(tensors);
        NamedTensor[] ordered = InStorageOrder(tensors);
        stream.Write(SafetensorsHeader.Format(ordered, metadata).Span);
        foreach (NamedTensor tensor in ordered)
        {
            stream.Write(tensor.Bytes);
        }
    }

    /// <summary>The order of the bytes in a file. Sorting is stable and so repeats itself on its own result.</summary>
    internal static NamedTensor[] InStorageOrder(IEnumerable<NamedTensor> tensors) =>
        [.. tensors.OrderByDescending(tensor => TensorTypes.ElementSize(tensor.Type))];

    private static SafetensorsHeader ReadHeader(Stream stream)
    {
        long available = stream.Length - stream.Position;
        if (available < SafetensorsHeader.PrefixLengthInBytes)
        {
            throw new FormatException($"{available} bytes are too few for a safetensors file");
        }

        Span<byte> prefix = stackalloc byte[SafetensorsHeader.PrefixLengthInBytes];
        stream.ReadExactly(prefix);
        available -= prefix.Length;
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > SafetensorsHeader.MaximumLengthInBytes || length > (ulong)available)
        {
            throw new FormatException(ForeignFormat.NameOf(prefix) is string foreign
                ? $"{foreign}, not a safetensors file"
                : $"not a safetensors file, or truncated: a header of {length} bytes is announced, {available} follow");
        }

        byte[] json = new byte[length];
        stream.ReadExactly(json);
        return SafetensorsHeader.Parse(json, available - json.Length);
    }

    private static NamedTensor ReadTensor(Stream stream, SafetensorsHeader.Entry entry)
    {
        int length = (int)TensorTypes.CountElements(entry.Shape);
        NamedTensor tensor = new(
            entry.Name, entry.Type, TensorTypes.Allocate(entry.Type, length), entry.Shape);
        stream.ReadExactly(tensor.WritableBytes);
        return tensor;
    }
}
