namespace FlowEngine.Data;

/// <summary>The files of a set of pictures: of a folder, or of an archive, which is not unpacked to disk.</summary>
internal abstract class PictureFiles(string source)
{
    /// <summary>The folder or archive.</summary>
    public string Source => source;

    /// <summary>Paths of all files relative to the source, with '/', in ordinal order.</summary>
    public abstract string[] Names { get; }

    /// <summary>What messages call a file.</summary>
    /// <param name="name">One of the names.</param>
    public abstract string Describe(string name);

    /// <summary>Some of the files, each once, in the order in which they are quick to read.</summary>
    /// <param name="names">Some of the names.</param>
    /// <returns>Positions in <paramref name="names"/>, and what reads the file, in any thread: an archive has read it already.
    /// </returns>
    public abstract IEnumerable<(int Index, Func<byte[]> Read)> Each(string[] names);
}
