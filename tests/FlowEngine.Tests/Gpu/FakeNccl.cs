using System.Runtime.InteropServices;
using Xunit;

namespace FlowEngine.Tests.Gpu;

/// <summary>fake_nccl.c, compiled once: it stands in for NCCL between copies of the stand-in for CUDA, a copy a rank.</summary>
internal static unsafe class FakeNccl
{
    private static readonly Lazy<(string Path, string? Missing)> _library = new(() =>
    {
        (string path, string? missing) = FakeCuda.Compile("fake_nccl", ["fake_nccl"], []);
        Environment.SetEnvironmentVariable("FLOWENGINE_NCCL", path);
        return (path, missing);
    });

    /// <summary>The calls since the last reset.</summary>
    internal static string[] Log =>
        Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)Export("fakeNcclLog"))())!.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Takes away notes and faults; where there is no compiler, the test is skipped.</summary>
    internal static void Reset()
    {
        Assert.SkipWhen(_library.Value.Missing is not null, _library.Value.Missing ?? string.Empty);
        ((delegate* unmanaged<void>)Export("fakeNcclReset"))();
    }

    /// <summary>No process can join a group, until the next reset.</summary>
    internal static void Fail(int code) => ((delegate* unmanaged<int, void>)Export("fakeNcclFail"))(code);

    private static nint Export(string name) => NativeLibrary.GetExport(NativeLibrary.Load(_library.Value.Path), name);
}
