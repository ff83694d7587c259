using Xunit;

namespace FlowEngine.Tests.Data;

/// <summary>Finds the real data sets, which stand outside the project; tests skip where they are absent.</summary>
internal static class SharedData
{
    /// <summary>The path of a data set, or a skip with its reason.</summary>
    public static string Require(string name)
    {
        string? root = FindRoot();
        string path = Path.Combine(root ?? "", name);
        if (root is null || !Path.Exists(path))
        {
            Assert.Skip($"no {name} in a folder shared/data above the tests, nor under FLOWENGINE_DATA");
        }

        return path;
    }

    private static string? FindRoot()
    {
        if (Environment.GetEnvironmentVariable("FLOWENGINE_DATA") is { Length: > 0 } given)
        {
            return given;
        }

        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string candidate = Path.Combine(folder.FullName, "shared", "data");
            if (Directory.Exists(candidate))
            {
                return candidate;
            }
        }

        return null;
    }
}
