using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using FlowEngine.Kernels;
using FlowEngine.Kernels.Gpu;
using Xunit;

namespace FlowEngine.Tests.Gpu;

/// <summary>
/// fake_cuda.h and its sources, compiled once for all tests: it stands in for the CUDA driver, and ptx_interpreter.h in it for the GPU. It
/// proves the sequence of calls and what the PTX computes.
/// </summary>
internal static unsafe class FakeCuda
{
    // What ILGPU calls the kernels that it makes begins so.
    private const string OfIlgpu = "Kernel_";

    private static readonly Lazy<(string Path, string? Missing)> _library = new(() =>
    {
        (string Path, string? Missing) library = Compile("fake_cuda");
        if (library.Missing is null)
        {
            // Before any copy of it: who asks the system for libcuda.so, as ILGPU does, is given the first that was loaded.
            NativeLibrary.Load(library.Path);
        }

        return library;
    });

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

    /// <summary>
    /// What kernels did since <see cref="CountAnew"/>: a line of names, and a line for each kernel that was launched.
    /// </summary>
    internal static string Counts => Marshal.PtrToStringUTF8(Text("fakeCudaCounts"))!;

    /// <summary>Sets what is counted of kernels to zero.</summary>
    internal static void CountAnew() => ((delegate* unmanaged<void>)Export("fakeCudaCountAnew"))();

    /// <summary>How often a function was called since the last reset.</summary>
    /// <param name="call">Its name.</param>
    internal static int Calls(string call)
    {
        fixed (byte* name = Encoding.UTF8.GetBytes(call + '\0'))
        {
            return ((delegate* unmanaged<byte*, int>)Export("fakeCudaCalls"))(name);
        }
    }

    /// <summary>Takes away what a lost device could not free, and resets.</summary>
    internal static void Forget()
    {
        Reset();
        ((delegate* unmanaged<void>)Export("fakeCudaForget"))();
    }

    /// <summary>How often the host waited for the device.</summary>
    internal static int Waits => ((delegate* unmanaged<int>)Export("fakeCudaWaits"))();

    /// <summary>Puts work off for as long as the order of streams and events allows, until the next reset.</summary>
    internal static void BeLazy() => ((delegate* unmanaged<void>)Export("fakeCudaLazy"))();

    /// <summary>Counts kernels and does not run them, until the next reset.</summary>
    internal static void SkipKernels() => ((delegate* unmanaged<void>)Export("fakeCudaSkipKernels"))();

    /// <summary>Makes the device one of so few multiprocessors, until the next reset.</summary>
    /// <param name="multiprocessors">At least 1.</param>
    internal static void Shrink(int multiprocessors) =>
        ((delegate* unmanaged<int, void>)Export("fakeCudaShrink"))(multiprocessors);

    /// <summary>
    /// Puts a fault into the PTX of modules that are loaded from now on, until the next reset, which fails if none had the text.
    /// </summary>
    /// <param name="right">What is there; its first occurrence is replaced.</param>
    /// <param name="wrong">What is there then.</param>
    internal static void Plant(string right, string wrong)
    {
        fixed (byte* from = Encoding.UTF8.GetBytes(right + '\0'), to = Encoding.UTF8.GetBytes(wrong + '\0'))
        {
            ((delegate* unmanaged<byte*, byte*, void>)Export("fakeCudaPlant"))(from, to);
        }
    }

    /// <summary>For each kernel of ours that was loaded in this process, its instructions and how many of them ran.</summary>
    internal static IReadOnlyList<(string Kernel, int Instructions, int Executed)> Coverage()
    {
        // A text with a fault in it is another text of the same kernel.
        string lines = _library.IsValueCreated ? Marshal.PtrToStringUTF8(Text("fakeCudaCoverage"))! : string.Empty;
        return [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' '))
            .Select(parts => (Kernel: parts[0], Instructions: Count(parts[1]), Executed: Count(parts[2])))
            .Where(kernel => !kernel.Kernel.StartsWith(OfIlgpu, StringComparison.Ordinal))
            .GroupBy(kernel => kernel.Kernel)
            .Select(texts => texts.MaxBy(text => text.Executed))
            .OrderBy(kernel => kernel.Kernel, StringComparer.Ordinal)];

        static int Count(string text) => int.Parse(text, CultureInfo.InvariantCulture);
    }

    /// <summary>A device on the stand-in, all of whose faults and notes are gone.</summary>
    internal static GpuDevice Open()
    {
        string library = Path;
        Reset();
        return new GpuDrivers(library, "/nowhere/libOpenCL.so").Open("cuda:0");
    }

    /// <summary>A backend on such a device.</summary>
    /// <param name="precision">Of the networks.</param>
    [SuppressMessage("Reliability", "CA2000", Justification = "The backend owns its device.")]
    internal static GpuBackend OpenBackend(NetworkPrecision precision = NetworkPrecision.Full) => new(Open(), precision: precision);

    /// <summary>Takes away all faults and notes.</summary>
    /// <exception cref="InvalidOperationException">A fault was planted, and no module had its text.</exception>
    internal static void Reset()
    {
        bool missesFault = ((delegate* unmanaged<int>)Export("fakeCudaMissesFault"))() != 0;
        ((delegate* unmanaged<void>)Export("fakeCudaReset"))();
        if (missesFault)
        {
            throw new InvalidOperationException("no module that was loaded has the text for which a fault was planted");
        }
    }

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
    internal static (string Path, string? Missing) Compile(string name, params string[] options) =>
        Compile(name, ["fake_cuda", "ptx_interpreter"], ["-Wl,-soname,libcuda.so", .. options]);

    /// <summary>Compiles the sources whose names begin so.</summary>
    internal static (string Path, string? Missing) Compile(string name, string[] beginnings, string[] options)
    {
        if (OperatingSystem.IsWindows())
        {
            return (string.Empty, "the stand-in for CUDA is compiled by gcc on POSIX systems");
        }

        string folder = Directory.CreateTempSubdirectory("flowengine-cuda-").FullName;
        string library = System.IO.Path.Combine(folder, $"lib{name}.so");
        string[] sources = [.. typeof(FakeCuda).Assembly.GetManifestResourceNames().Where(resource =>
            resource.EndsWith(".h", StringComparison.Ordinal)
            || (resource.EndsWith(".c", StringComparison.Ordinal)
                && Array.Exists(beginnings, beginning => resource.StartsWith(beginning, StringComparison.Ordinal))))];
        foreach (string source in sources)
        {
            File.WriteAllBytes(System.IO.Path.Combine(folder, source), TestResource.Read(source));
        }

        try
        {
            using Process gcc = Process.Start(new ProcessStartInfo(
                "gcc",
                [
                    "-shared", "-fPIC", "-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math",
                    "-fno-strict-aliasing", "-ffp-contract=off", "-g", "-Wall", "-Wextra", "-Werror",
                    "-fvisibility=hidden", .. options, "-o", library,
                    .. sources.Where(source => source.EndsWith(".c", StringComparison.Ordinal)), "-lpthread", "-lm",
                ])
            {
                RedirectStandardError = true,
                WorkingDirectory = folder,
            })!;
            string errors = gcc.StandardError.ReadToEnd();
            gcc.WaitForExit();
            return gcc.ExitCode == 0
                ? (library, null)
                : throw new InvalidOperationException($"gcc does not compile the stand-in for CUDA: {errors}");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return (string.Empty, "the stand-in for CUDA needs gcc");
        }
    }

    private static nint Text(string name) => ((delegate* unmanaged<nint>)Export(name))();

    private static nint Export(string name) => NativeLibrary.GetExport(NativeLibrary.Load(Path), name);
}
