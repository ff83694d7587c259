namespace FlowEngine.Data;

/// <summary>Pictures in a folder and the folders in it.</summary>
internal sealed class PictureFolder(string folder) : PictureFiles(folder)
{
    /// <inheritdoc/>
    public override string[] Names { get; } = FolderWalk.Files(folder);

    /// <inheritdoc/>
    public override string Describe(string name) => Path.Combine(Source, name);

    /// <inheritdoc/>
    public override IEnumerable<(int Index, Func<byte[]> Read)> Each(string[] names)
    {
        for (int i = 0; i < names.Length; i++)
        {
            string path = Describe(names[i]);
            yield return (i, () => DataFile.ReadAllBytes(path));
        }
    }
}
