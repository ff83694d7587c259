namespace FlowEngine.Data;

/// <summary>Pictures in an archive, in whose order they are read.</summary>
/// <remarks>
/// Hidden files are passed over, as those that macOS adds are. A folder that holds all the rest and is no part of a data set
/// is not of the names.
/// </remarks>
internal abstract class PictureArchive : PictureFiles
{
    private const string OfMac = "__MACOSX";

    private readonly Dictionary<string, string> _paths = [];

    /// <param name="source">The archive.</param>
    /// <param name="paths">The paths of its files.</param>
    /// <exception cref="FlowException">A path comes twice.</exception>
    protected PictureArchive(string source, IEnumerable<string> paths)
        : base(source)
    {
        string[] visible = [.. paths.Select(Clean).Where(path => !path.Split('/').Any(IsHidden))];
        int common = CommonLength(visible);
        foreach (string path in visible)
        {
            if (!_paths.TryAdd(path, path[common..]))
            {
                throw DataFile.BadFormat(source, $"holds '{path}' twice, expected each file once");
            }
        }

        Names = [.. _paths.Values.Order(StringComparer.Ordinal)];
    }

    /// <inheritdoc/>
    public override string[] Names { get; }

    /// <inheritdoc/>
    public override string Describe(string name) => $"{Source}({name})";

    /// <inheritdoc/>
    public override IEnumerable<(int Index, Func<byte[]> Read)> Each(string[] names)
    {
        Dictionary<string, int> wanted = new(names.Length);
        for (int i = 0; i < names.Length; i++)
        {
            wanted.Add(names[i], i);
        }

        foreach ((string path, Func<byte[]> read) in Entries())
        {
            if (_paths.TryGetValue(Clean(path), out string? name) && wanted.TryGetValue(name, out int index))
            {
                byte[] bytes = read();
                yield return (index, () => bytes);
            }
        }
    }

    /// <summary>The files in the order of the archive; each is read before the next is asked for, or not at all.</summary>
    protected abstract IEnumerable<(string Path, Func<byte[]> Read)> Entries();

    /// <summary>All that a stream holds, up to a limit.</summary>
    /// <param name="content">The stream.</param>
    /// <param name="length">Its length as the archive says, which may lie.</param>
    /// <param name="name">What messages call it.</param>
    protected static byte[] ReadAll(Stream content, long length, string name)
    {
        using UnpackedStream limited = new(content, name, ReadLimits.UnpackedBytes);
        using MemoryStream bytes = new((int)Math.Clamp(length, 0, 1 << 20));
        limited.CopyTo(bytes);
        return bytes.Length == length
            ? bytes.ToArray()
            : throw DataFile.BadFormat(name, $"holds {bytes.Length} bytes, expected {length} as the archive says");
    }

    private static string Clean(string path) => path.Replace('\\', '/') is ['.', '/', .. string rest] ? rest : path;

    private static bool IsHidden(string part) => part is OfMac or ['.', ..];

    /// <summary>The length of the folders that hold all files, up to one that is a part.</summary>
    private static int CommonLength(string[] paths)
    {
        int common = 0;
        while (paths.Length > 0)
        {
            int end = paths[0].IndexOf('/', common);
            string folder = end < 0 ? string.Empty : paths[0][common..end];
            string prefix = paths[0][..(end + 1)];
            if (end < 0 || PartNames.All.Any(part => PartNames.Has(part, folder))
                || !Array.TrueForAll(paths, path => path.StartsWith(prefix, StringComparison.Ordinal)))
            {
                break;
            }

            common = end + 1;
        }

        return common;
    }
}
