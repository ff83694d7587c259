using System.IO.Compression;

namespace FlowEngine.Data;

/// <summary>Reads images, labels and a test part from a .npz: a zip of .npy arrays, deflated or stored.</summary>
internal sealed class NpzReader
{
    private static readonly string[] _imageKeys = ["images", "x", "X", "x_train", "data", "arr_0"];
    private static readonly string[] _labelKeys = ["labels", "y", "y_train"];

    private readonly string _path;
    private readonly long _fileLength;
    private readonly Dictionary<string, ZipArchiveEntry> _arrays = [];

    private NpzReader(string path, ZipArchive archive, long fileLength)
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

    /// <summary>Reads an archive; the test part is null where it holds none.</summary>
    public static (ImageDataset All, ImageDataset? Test) Read(string path, string name) => DataFile.Open(path, file =>
    {
        using ZipArchive archive = new(file, ZipArchiveMode.Read, leaveOpen: true);
        NpzReader reader = new(path, archive, file.Length);
        ImageDataset all = reader.ReadPart(reader.FindImages(), _labelKeys, name);
        ImageDataset? test = reader._arrays.ContainsKey("x_test") ? reader.ReadPart("x_test", ["y_test"], name) : null;
        return (all, test);
    });

    private ImageDataset ReadPart(string imageKey, string[] labelKeys, string name)
    {
        ImageDataset images = ReadArray(
            imageKey, (reader, header) => NpyReader.ReadImages(reader, header, name), readsAll: true);
        foreach (string key in labelKeys)
        {
            if (_arrays.ContainsKey(key) && ReadHeader(key) is { IsInteger: true, Shape: [_] or [_, 1] } header)
            {
                long count = header.Shape[0];
                return count == images.Count
                    ? images.WithLabels(ReadArray(key, NpyReader.ReadLabels, readsAll: true))
                    : throw DataFile.BadFormat(
                        _path, $"'{key}' has {count} labels, expected {images.Count}, one an image");
            }
        }

        return images;
    }

    /// <summary>The key of the images: the first usual name with the axes for it, else the only such array.</summary>
    private string FindImages()
    {
        foreach (string key in _imageKeys)
        {
            if (_arrays.ContainsKey(key) && HasImageAxes(key))
            {
                return key;
            }
        }

        string[] others = [.. _arrays.Keys.Where(key => key is not ("x_train" or "x_test") && HasImageAxes(key))];
        if (others.Length == 1)
        {
            return others[0];
        }

        string found = string.Join(", ", _arrays.Keys.Take(8).Select(key => $"{key} {ReadHeader(key).ShapeText}"));
        throw DataFile.BadFormat(
            _path, $"holds [{found}], expected one array of images with 3 or 4 axes, best named 'images' or 'x_train'");
    }

    private bool HasImageAxes(string key) => ReadHeader(key).Shape.Length is 3 or 4;

    private NpyHeader ReadHeader(string key) => ReadArray(key, (_, header) => header, readsAll: false);

    private T ReadArray<T>(string key, Func<DataReader, NpyHeader, T> read, bool readsAll)
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

        using Stream content = entry.Open();
        DataReader reader = new(content, name, entry.Length, isExact: true) { ComputesCrc = readsAll };
        T result = read(reader, NpyHeader.Read(reader));
        return !readsAll || reader.Crc == entry.Crc32
            ? result
            : throw DataFile.BadFormat(name, $"has checksum {reader.Crc:x8}, expected {entry.Crc32:x8}");
    }
}
