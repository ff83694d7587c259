using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

using Xunit;

namespace FlowEngine.Tests.Native;

/// <summary>Where the published native library is, and the folder of the C API.</summary>
internal static class NativeLibraryFile
{
    /// <summary>The library that FLOWENGINE_LIBRARY names; a test without it is skipped.</summary>
    public static string Path
    {
        get
        {
            string? path = Environment.GetEnvironmentVariable("FLOWENGINE_LIBRARY");
            Assert.SkipWhen(string.IsNullOrEmpty(path), "FLOWENGINE_LIBRARY does not name the published library");
            return path!;
        }
    }

    /// <summary>The images beside the dispatcher that this processor runs.</summary>
    public static IEnumerable<string> Images
    {
        get
        {
            string folder = System.IO.Path.GetDirectoryName(Path)!;
            yield return System.IO.Path.Combine(folder, "libflowengine-v3.so");
            if (Avx512F.IsSupported)
            {
                yield return System.IO.Path.Combine(folder, "libflowengine-v4.so");
            }
        }
    }

    public static string Header => File.ReadAllText(InRepository("bindings/c/include/flowengine.h"));

    public static string InRepository(string relative, [CallerFilePath] string here = "") =>
        System.IO.Path.Combine(System.IO.Path.GetDirectoryName(here)!, "..", "..", "..", relative);
}
