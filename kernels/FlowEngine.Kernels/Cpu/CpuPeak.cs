using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <summary>Measures what the machine's multiply-adders give when nothing else is in their way.</summary>
/// <remarks>
/// The measure of every product: rates are stated as shares of it. A machine's clock and its neighbors change, so it is
/// measured in the same run, before and after, and the larger is taken.
/// </remarks>
public static class CpuPeak
{
    private const int Chains = 12;
    private const int Iterations = 20_000_000;
    private const int Repeats = 3;

    /// <summary>Float32 operations a second of all threads together, in units of 10⁹: the best of three runs.</summary>
    /// <param name="threads">Threads, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="threads"/> is not positive.</exception>
    public static double MeasureGflops(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads);
        double best = 0;
        for (int repeat = 0; repeat <= Repeats; repeat++)
        {
            double seconds = Time(threads);
            int lanes = Vector512.IsHardwareAccelerated ? Vector512<float>.Count : Vector256<float>.Count;
            double flops = 2.0 * threads * Iterations * Chains * lanes;

            // The first run compiles.
            best = repeat == 0 ? 0 : Math.Max(best, flops / seconds * 1e-9);
        }

        return best;
    }

    private static double Time(int threads)
    {
        using Barrier start = new(threads);
        using CountdownEvent done = new(threads);
        long[] begun = new long[threads];
        for (int i = 0; i < threads; i++)
        {
            int index = i;
            new Thread(() =>
            {
                start.SignalAndWait();
                begun[index] = Stopwatch.GetTimestamp();
                float sum = Vector512.IsHardwareAccelerated
                    ? Run(Vector512.Create(1e-7f), Vector512.Create(0.999f))
                    : Run(Vector256.Create(1e-7f), Vector256.Create(0.999f));
                GC.KeepAlive(sum);
                done.Signal();
            }).Start();
        }

        done.Wait();
        return Stopwatch.GetElapsedTime(begun.Min()).TotalSeconds;
    }

    // Twelve independent chains cover the latency of two units of four cycles, and stay in registers.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Run(Vector512<float> b, Vector512<float> a)
    {
        Vector512<float> c0 = b, c1 = b, c2 = b, c3 = b, c4 = b, c5 = b;
        Vector512<float> c6 = b, c7 = b, c8 = b, c9 = b, c10 = b, c11 = b;
        for (int i = 0; i < Iterations; i++)
        {
            c0 = Vector512.FusedMultiplyAdd(c0, a, b);
            c1 = Vector512.FusedMultiplyAdd(c1, a, b);
            c2 = Vector512.FusedMultiplyAdd(c2, a, b);
            c3 = Vector512.FusedMultiplyAdd(c3, a, b);
            c4 = Vector512.FusedMultiplyAdd(c4, a, b);
            c5 = Vector512.FusedMultiplyAdd(c5, a, b);
            c6 = Vector512.FusedMultiplyAdd(c6, a, b);
            c7 = Vector512.FusedMultiplyAdd(c7, a, b);
            c8 = Vector512.FusedMultiplyAdd(c8, a, b);
            c9 = Vector512.FusedMultiplyAdd(c9, a, b);
            c10 = Vector512.FusedMultiplyAdd(c10, a, b);
            c11 = Vector512.FusedMultiplyAdd(c11, a, b);
        }

        return Vector512.Sum(c0 + c1 + c2 + c3 + c4 + c5 + c6 + c7 + c8 + c9 + c10 + c11);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Run(Vector256<float> b, Vector256<float> a)
    {
        Vector256<float> c0 = b, c1 = b, c2 = b, c3 = b, c4 = b, c5 = b;
        Vector256<float> c6 = b, c7 = b, c8 = b, c9 = b, c10 = b, c11 = b;
        for (int i = 0; i < Iterations; i++)
        {
            c0 = Vector256.FusedMultiplyAdd(c0, a, b);
            c1 = Vector256.FusedMultiplyAdd(c1, a, b);
            c2 = Vector256.FusedMultiplyAdd(c2, a, b);
            c3 = Vector256.FusedMultiplyAdd(c3, a, b);
            c4 = Vector256.FusedMultiplyAdd(c4, a, b);
            c5 = Vector256.FusedMultiplyAdd(c5, a, b);
            c6 = Vector256.FusedMultiplyAdd(c6, a, b);
            c7 = Vector256.FusedMultiplyAdd(c7, a, b);
            c8 = Vector256.FusedMultiplyAdd(c8, a, b);
            c9 = Vector256.FusedMultiplyAdd(c9, a, b);
            c10 = Vector256.FusedMultiplyAdd(c10, a, b);
            c11 = Vector256.FusedMultiplyAdd(c11, a, b);
        }

        return Vector256.Sum(c0 + c1 + c2 + c3 + c4 + c5 + c6 + c7 + c8 + c9 + c10 + c11);
    }
}
