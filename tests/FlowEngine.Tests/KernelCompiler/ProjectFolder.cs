namespace FlowEngine.Tests.KernelCompiler;

/// <summary>The folder of the whole project, for the tests of what is committed in it.</summary>
internal static class ProjectFolder
{
    /// <summary>A path below it.</summary>
    public static string Path(params ReadOnlySpan<string> parts)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "FlowEngine.sln")))
            {
                return System.IO.Path.Combine([folder.FullName, .. parts]);
            }
        }

        throw new DirectoryNotFoundException("no FlowEngine.sln in a folder above the tests");
    }
}
