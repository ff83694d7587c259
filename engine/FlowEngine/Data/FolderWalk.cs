namespace FlowEngine.Data;

/// <summary>The files below a folder, each folder once whatever links lead to it.</summary>
internal static class FolderWalk
{
    /// <summary>A bound for trees that somebody made to hurt.</summary>
    private const int MaxDepth = 8;

    private const int MaxLinks = 40;

    private static readonly EnumerationOptions _visible = new() { IgnoreInaccessible = false };

    /// <summary>Paths of the files relative to a folder, with '/', in ordinal order.</summary>
    /// <param name="folder">The folder.</param>
    public static string[] Files(string folder)
    {
        List<string> files = [];
        HashSet<string> seen = new(StringComparer.Ordinal);
        Queue<(string Path, string Relative, int Depth)> folders = new([(Path.GetFullPath(folder), string.Empty, 0)]);
        while (folders.TryDequeue(out (string Path, string Relative, int Depth) next))
        {
            if (!seen.Add(RealPath(next.Path)))
            {
                continue;
            }

            files.AddRange(Directory.EnumerateFiles(next.Path, "*", _visible)
                .Select(path => next.Relative + Path.GetFileName(path)));

            // Level by level, and folders before links to them: each keeps the name by which a user knows it.
            IEnumerable<string> inner = next.Depth < MaxDepth ? Directory.EnumerateDirectories(next.Path, "*", _visible) : [];
            foreach (string path in inner
                .OrderBy(path => new DirectoryInfo(path).LinkTarget is not null)
                .ThenBy(path => path, StringComparer.Ordinal))
            {
                folders.Enqueue((path, $"{next.Relative}{Path.GetFileName(path)}/", next.Depth + 1));
            }
        }

        return [.. files.Order(StringComparer.Ordinal)];
    }

    /// <summary>The path without links, and itself where links lead nowhere.</summary>
    private static string RealPath(string path)
    {
        string real = Path.GetPathRoot(path) ?? "/";
        Stack<string> parts = new(path[real.Length..].Split(Path.DirectorySeparatorChar).Reverse());
        for (int links = 0; parts.TryPop(out string? part);)
        {
            string next = Path.GetFullPath(Path.Combine(real, part));
            string? target = new DirectoryInfo(next).LinkTarget;
            if (target is null || ++links > MaxLinks)
            {
                real = next;
                continue;
            }

            foreach (string step in target.Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries).Reverse())
            {
                parts.Push(step);
            }

            real = Path.IsPathRooted(target) ? Path.GetPathRoot(target)! : real;
        }

        return real;
    }
}
