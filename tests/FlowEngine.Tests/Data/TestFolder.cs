namespace FlowEngine.Tests.Data;

/// <summary>A folder of files that is deleted when the test ends.</summary>
internal sealed class TestFolder : IDisposable
{
    public TestFolder() => Root = Directory.CreateTempSubdirectory("flowengine-test-").FullName;

    public string Root { get; }

    public string Write(string relativePath, byte[] bytes)
    {
        string path = Path.Combine(Root, relativePath);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);

        // A fresh file each time: some file systems flush to disk when one is overwritten.
        File.Delete(path);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
