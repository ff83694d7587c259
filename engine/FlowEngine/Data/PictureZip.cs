using System.IO.Compression;

namespace FlowEngine.Data;

/// <summary>Pictures in a zip file.</summary>
/// <param name="path">The file.</param>
/// <param name="archive">Its open archive; stays the caller's.</param>
internal sealed class PictureZip(string path, ZipArchive archive) : PictureArchive(
    path, archive.Entries.Where(IsFile).Select(entry => entry.FullName))
{
    /// <summary>Runs a reader over the files of an archive.</summary>
    public static T Open<T>(string path, Func<PictureZip, T> read) => DataFile.Open(path, file =>
    {
        using ZipArchive archive = new(file, ZipArchiveMode.Read, leaveOpen: true);
        return read(new PictureZip(path, archive));
    });

    /// <summary>True if an archive holds pictures and no arrays.</summary>
    public static bool HoldsPictures(string path, ImageReading reading) => DataFile.Open(path, file =>
    {
        using ZipArchive archive = new(file, ZipArchiveMode.Read, leaveOpen: true);
        return archive.Entries.Any(entry => reading.Reads(entry.FullName))
            && !archive.Entries.Any(entry => entry.FullName.EndsWith(".npy", StringComparison.Ordinal));
    });

    /// <inheritdoc/>
    protected override IEnumerable<(string Path, Func<byte[]> Read)> Entries() =>
        archive.Entries.Where(IsFile).Select(entry => (entry.FullName, (Func<byte[]>)(() => Read(entry))));

    private static bool IsFile(ZipArchiveEntry entry) => !entry.FullName.EndsWith('/');

    private byte[] Read(ZipArchiveEntry entry)
    {
        string name = $"{Source}({entry.FullName})";
        using Stream content = entry.Open();
        byte[] bytes = ReadAll(content, entry.Length, name);
        uint found = Crc32.Append(0, bytes);
        return found == entry.Crc32
            ? bytes
            : throw DataFile.BadFormat(name, $"has checksum {found:x8}, expected {entry.Crc32:x8}");
    }
}
