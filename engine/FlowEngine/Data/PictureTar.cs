using System.Diagnostics.CodeAnalysis;
using System.Formats.Tar;

namespace FlowEngine.Data;

/// <summary>Pictures in a tar file, gzipped or not, which is read from the beginning for its names and again for its files.</summary>
internal sealed class PictureTar(string path) : PictureArchive(path, Walk(path).Select(entry => entry.Path))
{
    private static readonly string[] _endings = [".tar", ".tar.gz", ".tgz"];

    /// <summary>True for the name of a tar file.</summary>
    public static bool IsTar(string path) => _endings.Any(ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    /// <inheritdoc/>
    protected override IEnumerable<(string Path, Func<byte[]> Read)> Entries() => Walk(Source);

    [SuppressMessage("Reliability", "CA2000", Justification = "The using statement disposes of it.")]
    private static IEnumerable<(string Path, Func<byte[]> Read)> Walk(string path)
    {
        using Stream file = DataFile.OpenRead(path);
        bool isPacked = !path.EndsWith(_endings[0], StringComparison.OrdinalIgnoreCase);
        using Stream content = isPacked ? DataFile.Unzip(file, path) : file;
        using TarReader reader = new(content, leaveOpen: true);
        while (Next(reader, path) is TarEntry entry)
        {
            if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile)
            {
                yield return (entry.Name, () => entry.DataStream is Stream data
                    ? ReadAll(data, entry.Length, $"{path}({entry.Name})")
                    : []);
            }
        }
    }

    private static TarEntry? Next(TarReader reader, string path)
    {
        try
        {
            return reader.GetNextEntry();
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException or OverflowException)
        {
            throw DataFile.BadFormat(path, $"does not unpack ({exception.Message}), expected a tar file", exception);
        }
    }
}
