using System.IO.Compression;

namespace FlowEngine.Data;

/// <summary>The .npy arrays of an open .npz: a zip of them, deflated or stored.</summary>
internal sealed class NpzArchive
{
    private readonly string _path;
    private readonly long _fileLength;
    private readonly Dictionary<string, ZipArchiveEntry> _arrays = [];

    private NpzArchive(string path, ZipArchive archive, long fileLength)
    {
        (_path, _fileLength) = (path, fileLength);
        foreach (ZipArchiveEntry entry in archive.Entries)
        {
            if (entry.FullName.EndsWith(".npy", StringComparison.Ordinal))
            {
                _arrays[entry.FullName[..^4]] = entry;
            }
        }
    }

    /// <summary>The names of the arrays.</summary>
    public IEnumerable<string> Keys => _arrays.Keys;

    /// <summary>The file.</summary>
    public string Path => _path;

    /// <summary>Runs a reader over an archive.</summary>
    public static T Open<T>(string path, Func<NpzArchive, T> read) => DataFile.Open(path, file =>
    {
        using ZipArchive archive = new(file, ZipArchiveMode.Read, leaveOpen: true);
        return read(new NpzArchive(path, archive, file.Length));
    });

    /// <summary>The array of a name, or else one of that name in another case; null for none.</summary>
    public string? Find(string name) => _arrays.ContainsKey(name)
        ? name
        : Keys.FirstOrDefault(key => key.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The header of an array.</summary>
    public NpyHeader ReadHeader(string key) => Read(key, (_, header) => header, readsAll: false);

    /// <summary>The whole of an array, its checksum verified.</summary>
    public T Read<T>(string key, Func<DataReader, NpyHeader, T> read) => Read(key, read, readsAll: true);

    /// <summary>Some arrays with their shapes, for messages.</summary>
    public string Describe() => _arrays.Count == 0
        ? "no .npy arrays, as another kind of zip file"
        : $"[{string.Join(", ", Keys.Take(8).Select(key => $"{key} {ReadHeader(key).ShapeText}"))}]";

    private static Stream Open(ZipArchiveEntry entry, string name)
    {
        try
        {
            return entry.Open();
        }
        catch (InvalidDataException exception)
        {
            throw DataFile.BadFormat(
                name,
                $"does not unpack ({exception.Message.TrimEnd('.')}), expected an array as np.savez or np.savez_compressed "
                + "write it",
                exception);
        }
    }

    private T Read<T>(string key, Func<DataReader, NpyHeader, T> read, bool readsAll)
    {
        ZipArchiveEntry entry = _arrays[key];
        string name = $"{_path}({key})";

        // Both lengths come from the archive's directory, which may lie.
        long packed = entry.CompressedLength;
        if (packed < 0 || packed > _fileLength || entry.Length < 0 || entry.Length > packed * DataFile.MaxExpansion)
        {
            throw DataFile.BadFormat(
                name, $"claims {entry.Length} bytes packed into {packed}, expected what fits a file of {_fileLength}");
        }

        using Stream unpacked = Open(entry, name);
        using UnpackedStream content = new(unpacked, name, ReadLimits.Of(_fileLength));
        DataReader reader = new(content, name, entry.Length, isExact: true)
        {
            ComputesCrc = readsAll,
            IsPacked = packed < entry.Length,
        };
        T result = read(reader, NpyHeader.Read(reader));
        return !readsAll || reader.Crc == entry.Crc32
            ? result
            : throw DataFile.BadFormat(name, $"has checksum {reader.Crc:x8}, expected {entry.Crc32:x8}");
    }
}
