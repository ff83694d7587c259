using System.Runtime.InteropServices;

namespace FlowEngine.Benchmarks;

/// <summary>OpenBLAS, where this machine has it: the peer of our products.</summary>
internal static unsafe class OpenBlas
{
    private const int RowMajor = 101;
    private const int AsIs = 111;
    private const int Transposed = 112;

    private static readonly nint _library = Load();

    private static readonly delegate* unmanaged<
        int, int, int, int, int, int, float, float*, int, float*, int, float, float*, int, void> _sgemm =
        (delegate* unmanaged<int, int, int, int, int, int, float, float*, int, float*, int, float, float*, int, void>)
        Export("cblas_sgemm");

    private static readonly delegate* unmanaged<int, void> _setThreads =
        (delegate* unmanaged<int, void>)Export("openblas_set_num_threads");

    /// <summary>True if the library was found.</summary>
    public static bool IsPresent => _sgemm != null && _setThreads != null;

    /// <summary>The threads of the products that follow.</summary>
    public static void SetThreads(int threads) => _setThreads(threads);

    /// <summary>c (m, n) = a (m, k) b (k, n), all row-major; a or b may lie transposed.</summary>
    public static void Multiply(int m, int n, int k, float* a, bool isATransposed, float* b, bool isBTransposed, float* c) =>
        _sgemm(
            RowMajor,
            isATransposed ? Transposed : AsIs,
            isBTransposed ? Transposed : AsIs,
            m,
            n,
            k,
            1,
            a,
            isATransposed ? m : k,
            b,
            isBTransposed ? k : n,
            0,
            c,
            n);

    private static nint Load()
    {
        foreach (string name in (string[])["libopenblas.so.0", "libopenblas.dylib", "libopenblas.dll"])
        {
            if (NativeLibrary.TryLoad(name, out nint library))
            {
                return library;
            }
        }

        return 0;
    }

    private static nint Export(string name) =>
        _library != 0 && NativeLibrary.TryGetExport(_library, name, out nint address) ? address : 0;
}
