namespace FlowEngine.Tests.Data;

/// <summary>A folder of files that is deleted when the test ends.</summary>
internal sealed class TestFolder : IDisposable
{
    /// <summary>In memory where Linux offers it: thousands of small files are slow on a busy disk.</summary>
    private static readonly string _parent = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();

    public TestFolder() =>
        Root = Directory.CreateDirectory(Path.Combine(_parent, $"flowengine-test-{Guid.NewGuid():N}")).FullName;

    public string Root { get; }

    public string Write(string relativePath, byte[] bytes)
    {
        string path = Path.Combine(Root, relativePath);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
