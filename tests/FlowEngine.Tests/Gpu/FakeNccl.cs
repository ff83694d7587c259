using System.Runtime.InteropServices;
using System.Text;
using Xunit;

namespace FlowEngine.Tests.Gpu;

/// <summary>fake_nccl.c, compiled once: it stands in for NCCL between copies of the stand-in for CUDA, a copy a rank.</summary>
internal static unsafe partial class FakeNccl
{
    private static readonly Lazy<(string Path, string? Missing)> _library = new(() =>
    {
        (string path, string? missing) = FakeCuda.Compile("fake_nccl", ["fake_nccl"], []);
        Environment.SetEnvironmentVariable("FLOWENGINE_NCCL", path);
        return (path, missing);
    });

    private static int _lastPort = 29500;

    /// <summary>The library; where there is no compiler, the test is skipped.</summary>
    internal static string Path
    {
        get
        {
            Assert.SkipWhen(_library.Value.Missing is not null, _library.Value.Missing ?? string.Empty);
            return _library.Value.Path;
        }
    }

    /// <summary>The calls since the last reset.</summary>
    internal static string[] Log =>
        Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)Export("fakeNcclLog"))())!.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Takes away notes and faults; where there is no compiler, the test is skipped.</summary>
    internal static void Reset()
    {
        _ = Path;
        ((delegate* unmanaged<void>)Export("fakeNcclReset"))();
    }

    /// <summary>Where ranks meet; set beforehand, because a thread that looks finds none while another sets the first.</summary>
    internal static string Place()
    {
        string place = $"127.0.0.1:{Interlocked.Increment(ref _lastPort)}";
        _ = SetVariable("NCCL_COMM_ID", place, 1);
        return place;
    }

    /// <summary>Makes a call fail, until the next reset.</summary>
    /// <param name="call">Its name.</param>
    /// <param name="code">The result.</param>
    internal static void Fail(string call, int code)
    {
        fixed (byte* name = Encoding.UTF8.GetBytes(call + '\0'))
        {
            ((delegate* unmanaged<byte*, int, void>)Export("fakeNcclFail"))(name, code);
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int replaces);

    private static nint Export(string name) => NativeLibrary.GetExport(NativeLibrary.Load(_library.Value.Path), name);
}
