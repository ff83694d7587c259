namespace FlowEngine.Tests.Gpu;

/// <summary>The files that are built into the tests.</summary>
internal static class TestResource
{
    internal static byte[] Read(string name)
    {
        using Stream resource = typeof(TestResource).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"the tests were built without {name}");
        byte[] text = new byte[resource.Length];
        resource.ReadExactly(text);
        return text;
    }
}
