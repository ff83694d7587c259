using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Xunit;

namespace FlowEngine.Tests.Gpu;

/// <summary>
/// fake_cuda.c, compiled once for all tests: it stands in for the CUDA driver and proves the sequence of calls, not the
/// GPU.
/// </summary>
internal static unsafe class FakeCuda
{
    private static readonly Lazy<(string Path, string? Missing)> _library = new(() => Compile("fake_cuda"));

    /// <summary>The library; where there is no compiler, the test is skipped.</summary>
    internal static string Path
    {
        get
        {
            Assert.SkipWhen(_library.Value.Missing is not null, _library.Value.Missing ?? string.Empty);
            return _library.Value.Path;
        }
    }

    /// <summary>What callers did wrong, a line each.</summary>
    internal static string Complaints => Marshal.PtrToStringUTF8(Text("fakeCudaComplaints"))!;

    /// <summary>What is still alive.</summary>
    internal static string Leaks => Marshal.PtrToStringUTF8(Text("fakeCudaLeaks"))!;

    /// <summary>How many contexts are on this thread's stack.</summary>
    internal static int Depth => ((delegate* unmanaged<int>)Export("fakeCudaDepth"))();

    /// <summary>The kernels that have run, in graphs or outside.</summary>
    internal static int Launches => ((delegate* unmanaged<int>)Export("fakeCudaLaunches"))();

    /// <summary>How often a function was called since the last reset.</summary>
    /// <param name="call">Its name.</param>
    internal static int Calls(string call)
    {
        fixed (byte* name = Encoding.UTF8.GetBytes(call + '\0'))
        {
            return ((delegate* unmanaged<byte*, int>)Export("fakeCudaCalls"))(name);
        }
    }

    /// <summary>Takes away what a lost device could not free.</summary>
    internal static void Forget() => ((delegate* unmanaged<void>)Export("fakeCudaForget"))();

    /// <summary>How often the host waited for the device.</summary>
    internal static int Waits => ((delegate* unmanaged<int>)Export("fakeCudaWaits"))();

    /// <summary>Puts work off for as long as the order of streams and events allows, until the next reset.</summary>
    internal static void BeLazy() => ((delegate* unmanaged<void>)Export("fakeCudaLazy"))();

    internal static void Reset() => ((delegate* unmanaged<void>)Export("fakeCudaReset"))();

    /// <summary>Makes a call fail.</summary>
    /// <param name="call">Its name.</param>
    /// <param name="code">The result.</param>
    /// <param name="after">How often it first succeeds.</param>
    internal static void Fail(string call, int code, int after = 0)
    {
        fixed (byte* name = Encoding.UTF8.GetBytes(call + '\0'))
        {
            ((delegate* unmanaged<byte*, int, int, void>)Export("fakeCudaFail"))(name, code, after);
        }
    }

    /// <summary>Compiles the library into a folder that the system cleans up.</summary>
    internal static (string Path, string? Missing) Compile(string name, params string[] options)
    {
        if (OperatingSystem.IsWindows())
        {
            return (string.Empty, "the stand-in for CUDA is compiled by gcc on POSIX systems");
        }

        string folder = Directory.CreateTempSubdirectory("flowengine-cuda-").FullName;
        string source = System.IO.Path.Combine(folder, "fake_cuda.c");
        string library = System.IO.Path.Combine(folder, $"lib{name}.so");
        File.WriteAllBytes(source, TestResource.Read("fake_cuda.c"));
        try
        {
            using Process gcc = Process.Start(new ProcessStartInfo(
                "gcc",
                [
                    "-shared", "-fPIC", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-fvisibility=hidden", .. options,
                    "-o", library, source, "-lpthread",
                ])
            {
                RedirectStandardError = true,
            })!;
            string errors = gcc.StandardError.ReadToEnd();
            gcc.WaitForExit();
            return gcc.ExitCode == 0
                ? (library, null)
                : throw new InvalidOperationException($"gcc does not compile fake_cuda.c: {errors}");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return (string.Empty, "the stand-in for CUDA needs gcc");
        }
    }

    private static nint Text(string name) => ((delegate* unmanaged<nint>)Export(name))();

    private static nint Export(string name) => NativeLibrary.GetExport(NativeLibrary.Load(Path), name);
}
