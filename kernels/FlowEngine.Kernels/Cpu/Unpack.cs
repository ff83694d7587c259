using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace FlowEngine.Kernels.Cpu;

/// <summary>Interleaves two vectors within each 128 bits: the steps of a four-by-four transposition.</summary>
internal static class Unpack
{
    /// <summary>a0 b0 a1 b1 of each four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Low(Vector512<float> a, Vector512<float> b)
    {
        if (Avx512F.IsSupported)
        {
            return Avx512F.UnpackLow(a, b);
        }

        return Vector512.Create(Low(a.GetLower(), b.GetLower()), Low(a.GetUpper(), b.GetUpper()));
    }

    /// <summary>a2 b2 a3 b3 of each four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> High(Vector512<float> a, Vector512<float> b)
    {
        if (Avx512F.IsSupported)
        {
            return Avx512F.UnpackHigh(a, b);
        }

        return Vector512.Create(High(a.GetLower(), b.GetLower()), High(a.GetUpper(), b.GetUpper()));
    }

    /// <summary>a0 a1 b0 b1 of each four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LowPairs(Vector512<float> a, Vector512<float> b)
    {
        if (Avx512F.IsSupported)
        {
            return Avx512F.UnpackLow(a.AsDouble(), b.AsDouble()).AsSingle();
        }

        return Vector512.Create(
            Vector256.Create(
                LowPairs(a.GetLower().GetLower(), b.GetLower().GetLower()),
                LowPairs(a.GetLower().GetUpper(), b.GetLower().GetUpper())),
            Vector256.Create(
                LowPairs(a.GetUpper().GetLower(), b.GetUpper().GetLower()),
                LowPairs(a.GetUpper().GetUpper(), b.GetUpper().GetUpper())));
    }

    /// <summary>a2 a3 b2 b3 of each four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> HighPairs(Vector512<float> a, Vector512<float> b)
    {
        if (Avx512F.IsSupported)
        {
            return Avx512F.UnpackHigh(a.AsDouble(), b.AsDouble()).AsSingle();
        }

        return Vector512.Create(
            Vector256.Create(
                HighPairs(a.GetLower().GetLower(), b.GetLower().GetLower()),
                HighPairs(a.GetLower().GetUpper(), b.GetLower().GetUpper())),
            Vector256.Create(
                HighPairs(a.GetUpper().GetLower(), b.GetUpper().GetLower()),
                HighPairs(a.GetUpper().GetUpper(), b.GetUpper().GetUpper())));
    }

    private static Vector256<float> Low(Vector256<float> a, Vector256<float> b) =>
        Avx.IsSupported
            ? Avx.UnpackLow(a, b)
            : Vector256.Create(Low(a.GetLower(), b.GetLower()), Low(a.GetUpper(), b.GetUpper()));

    private static Vector256<float> High(Vector256<float> a, Vector256<float> b) =>
        Avx.IsSupported
            ? Avx.UnpackHigh(a, b)
            : Vector256.Create(High(a.GetLower(), b.GetLower()), High(a.GetUpper(), b.GetUpper()));

    private static Vector128<float> Low(Vector128<float> a, Vector128<float> b)
    {
        if (Sse.IsSupported)
        {
            return Sse.UnpackLow(a, b);
        }

        return AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipLow(a, b) : Vector128.Create(a[0], b[0], a[1], b[1]);
    }

    private static Vector128<float> High(Vector128<float> a, Vector128<float> b)
    {
        if (Sse.IsSupported)
        {
            return Sse.UnpackHigh(a, b);
        }

        return AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipHigh(a, b) : Vector128.Create(a[2], b[2], a[3], b[3]);
    }

    private static Vector128<float> LowPairs(Vector128<float> a, Vector128<float> b) =>
        Vector128.Create(a.GetLower(), b.GetLower());

    private static Vector128<float> HighPairs(Vector128<float> a, Vector128<float> b) =>
        Vector128.Create(a.GetUpper(), b.GetUpper());
}
