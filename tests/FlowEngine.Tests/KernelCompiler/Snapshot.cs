using System.Runtime.CompilerServices;
using Xunit;

namespace FlowEngine.Tests.KernelCompiler;

/// <summary>
/// Compares a text with the file NAME.verified.txt beside the test; writes NAME.received.txt where they differ.
/// </summary>
internal static class Snapshot
{
    public static void Check(string name, string text, [CallerFilePath] string file = "")
    {
        string folder = Path.GetDirectoryName(file)!;
        string verified = Path.Combine(folder, name + ".verified.txt");
        string received = Path.Combine(folder, name + ".received.txt");
        if (File.Exists(verified) && File.ReadAllText(verified).ReplaceLineEndings("\n") == text)
        {
            File.Delete(received);
            return;
        }

        File.WriteAllText(received, text);
        Assert.Fail($"{name} has changed: compare {received} with {verified}, and copy it over if it is right");
    }

    /// <summary>The text of a file beside the test.</summary>
    public static string Source(string name, [CallerFilePath] string file = "") =>
        File.ReadAllText(Path.Combine(Path.GetDirectoryName(file)!, name)).ReplaceLineEndings("\n");
}
