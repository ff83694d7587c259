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
        Walk(Path.GetFullPath(folder), string.Empty, MaxDepth, files, seen);
        return [.. files.Order(StringComparer.Ordinal)];
    }

    private static void Walk(string folder, string relative, int depth, List<string> files, HashSet<string> seen)
    {
        if (!seen.Add(RealPath(folder)))
        {
            return;
        }

        files.AddRange(Directory.EnumerateFiles(folder, "*", _visible).Select(path => relative + Path.GetFileName(path)));

        // Folders before links to them, so that each keeps its own name.
        foreach (string inner in Directory.EnumerateDirectories(folder, "*", _visible)
            .OrderBy(path => new DirectoryInfo(path).LinkTarget is not null)
            .ThenBy(path => path, StringComparer.Ordinal))
        {
            if (depth > 0)
            {
                Walk(inner, $"{relative}{Path.GetFileName(inner)}/", depth - 1, files, seen);
            }
        }
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
