using System.Runtime.CompilerServices;

namespace FlowEngine.Kernels.Cpu;

/// <summary>
/// <see cref="MicroKernel"/> for one vector of columns: the last 16 pixels of a batch, where two would compute one of
/// padding. Up to 12 sums keep the multiply-adders as busy as 24 do; only the loads are more.
/// </summary>
internal static unsafe class NarrowKernel
{
    /// <summary>
    /// target[row, column] = finish(start[row] + Σ_k left[row, k] · right[k, column]) for one vector.
    /// </summary>
    /// <param name="left">A packed strip: the rows of each k lie side by side.</param>
    /// <param name="right">k = 0 at the first column; k advances by <see cref="MicroKernel.Columns"/>.</param>
    /// <param name="depth">The number of k values.</param>
    /// <param name="start">One value per row, or null for 0.</param>
    /// <param name="target">Row 0 at the first column.</param>
    /// <param name="targetStride">From one row to the next.</param>
    /// <param name="gate">Laid out as the target, for finishes that read it.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply<TUnit, TVector, TRows, TFinish>(
        float* left,
        float* right,
        int depth,
        float* start,
        float* target,
        nint targetStride,
        float* gate)
        where TUnit : IVectorUnit<TVector>
        where TVector : struct
        where TRows : IRowCount
        where TFinish : IFinish
    {
        TVector c0 = default, c1 = default, c2 = default, c3 = default;
        TVector c4 = default, c5 = default, c6 = default, c7 = default;
        TVector c8 = default, c9 = default, c10 = default, c11 = default;
        if (start is not null)
        {
            c0 = TUnit.Broadcast(start + 0);
            c1 = TUnit.Broadcast(start + 1);
            c2 = TUnit.Broadcast(start + 2);
            c3 = TUnit.Broadcast(start + 3);

            if (TRows.Rows >= 8)
            {
                c4 = TUnit.Broadcast(start + 4);
                c5 = TUnit.Broadcast(start + 5);
                c6 = TUnit.Broadcast(start + 6);
                c7 = TUnit.Broadcast(start + 7);
            }

            if (TRows.Rows >= 12)
            {
                c8 = TUnit.Broadcast(start + 8);
                c9 = TUnit.Broadcast(start + 9);
                c10 = TUnit.Broadcast(start + 10);
                c11 = TUnit.Broadcast(start + 11);
            }
        }

        float* end = right + ((nint)depth * MicroKernel.Columns);
        for (; right != end; right += MicroKernel.Columns, left += TRows.StripRows)
        {
            TVector r = TUnit.Load(right);
            c0 = TUnit.MultiplyAdd(TUnit.Broadcast(left), r, c0);
            c1 = TUnit.MultiplyAdd(TUnit.Broadcast(left + 1), r, c1);
            c2 = TUnit.MultiplyAdd(TUnit.Broadcast(left + 2), r, c2);
            c3 = TUnit.MultiplyAdd(TUnit.Broadcast(left + 3), r, c3);

            if (TRows.Rows >= 8)
            {
                c4 = TUnit.MultiplyAdd(TUnit.Broadcast(left + 4), r, c4);
                c5 = TUnit.MultiplyAdd(TUnit.Broadcast(left + 5), r, c5);
                c6 = TUnit.MultiplyAdd(TUnit.Broadcast(left + 6), r, c6);
                c7 = TUnit.MultiplyAdd(TUnit.Broadcast(left + 7), r, c7);
            }

            if (TRows.Rows >= 12)
            {
                c8 = TUnit.MultiplyAdd(TUnit.Broadcast(left + 8), r, c8);
                c9 = TUnit.MultiplyAdd(TUnit.Broadcast(left + 9), r, c9);
                c10 = TUnit.MultiplyAdd(TUnit.Broadcast(left + 10), r, c10);
                c11 = TUnit.MultiplyAdd(TUnit.Broadcast(left + 11), r, c11);
            }
        }

        Finish<TUnit, TVector, TFinish>(c0, c1, c2, c3, target, targetStride, gate);

        if (TRows.Rows >= 8)
        {
            target += 4 * targetStride;
            gate += 4 * targetStride;
            Finish<TUnit, TVector, TFinish>(c4, c5, c6, c7, target, targetStride, gate);
        }

        if (TRows.Rows >= 12)
        {
            target += 4 * targetStride;
            gate += 4 * targetStride;
            Finish<TUnit, TVector, TFinish>(c8, c9, c10, c11, target, targetStride, gate);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish<TUnit, TVector, TFinish>(
        TVector a, TVector b, TVector c, TVector d, float* target, nint stride, float* gate)
        where TUnit : IVectorUnit<TVector>
        where TVector : struct
        where TFinish : IFinish
    {
        TUnit.Store(TFinish.Apply<TUnit, TVector>(a, target, gate), target);
        target += stride;
        gate += stride;
        TUnit.Store(TFinish.Apply<TUnit, TVector>(b, target, gate), target);
        target += stride;
        gate += stride;
        TUnit.Store(TFinish.Apply<TUnit, TVector>(c, target, gate), target);
        target += stride;
        gate += stride;
        TUnit.Store(TFinish.Apply<TUnit, TVector>(d, target, gate), target);
    }
}
