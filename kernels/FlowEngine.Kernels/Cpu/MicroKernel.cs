using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace FlowEngine.Kernels.Cpu;

/// <summary>The rows a micro-kernel computes at once: 4, 6, 8 or 12.</summary>
internal interface IRowCount
{
    static abstract int Rows { get; }

    /// <summary>The rows of the packed strip that they are part of.</summary>
    static abstract int StripRows { get; }
}

/// <summary>How the left operand of a product lies in memory.</summary>
internal interface ILeftOperand
{
    /// <summary>The distance between rows; a constant, so that it becomes part of the addressing mode.</summary>
    static abstract int RowStride { get; }

    /// <summary>From one k to the next; a constant too.</summary>
    static abstract int Step<TRows>()
        where TRows : IRowCount;
}

/// <summary>What becomes of a finished sum.</summary>
internal unsafe interface IFinish
{
    /// <summary>True if <see cref="Apply"/> reads the gate.</summary>
    static virtual bool ReadsGate => false;

    static abstract TVector Apply<TUnit, TVector>(TVector sum, float* target, float* gate)
        where TUnit : IVectorUnit<TVector>
        where TVector : struct;
}

/// <summary>
/// The innermost loop of every product: Rows outputs by two vectors of columns, all sums in registers.
/// </summary>
/// <remarks>
/// Each element is one chain of fused multiply-adds over k in increasing order, from the start value. That, and nothing
/// about tiles or widths, fixes its bits. With 12 rows of 512 bits, 24 sums, two right vectors and a broadcast
/// fill 27 of the 32 registers; with 6 rows of 256 bits, 15 of 16.
/// </remarks>
internal static unsafe class MicroKernel
{
    /// <summary>The columns of the right operand that lie together: two 512-bit vectors.</summary>
    public const int Columns = 32;

    // A k of 6 rows of 256 bits is 20 instructions and 3 of the loop, where a core shared by two threads begins 18 in the 6
    // cycles of its multiply-adds: fewer of the loop are felt.
    private const int Unrolled = 4;

    /// <summary>target[row, column] = finish(start[row] + Σ_k left[row, k] · right[k, column]).</summary>
    /// <param name="left">Row 0 at k = 0.</param>
    /// <param name="leftJump">Added after every segment.</param>
    /// <param name="right">k = 0 at the first column; k advances by <see cref="Columns"/>.</param>
    /// <param name="segments">k runs over segments · depth values.</param>
    /// <param name="depth">The k values of one segment.</param>
    /// <param name="start">One value per row, or null for 0.</param>
    /// <param name="resume">True to start from the sums that the target holds.</param>
    /// <param name="target">Row 0 at the first column.</param>
    /// <param name="targetStride">From one row to the next.</param>
    /// <param name="gate">Laid out as the target, for finishes that read it.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply<TUnit, TVector, TRows, TLeft, TFinish>(
        float* left,
        nint leftJump,
        float* right,
        int segments,
        int depth,
        float* start,
        bool resume,
        float* target,
        nint targetStride,
        float* gate)
        where TUnit : IVectorUnit<TVector>
        where TVector : struct
        where TRows : IRowCount
        where TLeft : ILeftOperand
        where TFinish : IFinish
    {
        TVector c0a = default, c0b = default;
        TVector c1a = default, c1b = default;
        TVector c2a = default, c2b = default;
        TVector c3a = default, c3b = default;
        TVector c4a = default, c4b = default;
        TVector c5a = default, c5b = default;
        TVector c6a = default, c6b = default;
        TVector c7a = default, c7b = default;
        TVector c8a = default, c8b = default;
        TVector c9a = default, c9b = default;
        TVector c10a = default, c10b = default;
        TVector c11a = default, c11b = default;
        if (TFinish.ReadsGate && Sse.IsSupported)
        {
            // It comes from memory, which takes about as long as a short product.
            for (int row = 0; row < TRows.Rows; row++)
            {
                Sse.Prefetch0(gate + (row * targetStride));
                Sse.Prefetch0(gate + (row * targetStride) + TUnit.Lanes);
            }
        }

        if (resume)
        {
            float* at = target;
            c0a = TUnit.Load(at);
            c0b = TUnit.Load(at + TUnit.Lanes);
            at += targetStride;
            c1a = TUnit.Load(at);
            c1b = TUnit.Load(at + TUnit.Lanes);
            at += targetStride;
            c2a = TUnit.Load(at);
            c2b = TUnit.Load(at + TUnit.Lanes);
            at += targetStride;
            c3a = TUnit.Load(at);
            c3b = TUnit.Load(at + TUnit.Lanes);

            if (TRows.Rows >= 6)
            {
                at += targetStride;
                c4a = TUnit.Load(at);
                c4b = TUnit.Load(at + TUnit.Lanes);
                at += targetStride;
                c5a = TUnit.Load(at);
                c5b = TUnit.Load(at + TUnit.Lanes);
            }

            if (TRows.Rows >= 8)
            {
                at += targetStride;
                c6a = TUnit.Load(at);
                c6b = TUnit.Load(at + TUnit.Lanes);
                at += targetStride;
                c7a = TUnit.Load(at);
                c7b = TUnit.Load(at + TUnit.Lanes);
            }

            if (TRows.Rows >= 12)
            {
                at += targetStride;
                c8a = TUnit.Load(at);
                c8b = TUnit.Load(at + TUnit.Lanes);
                at += targetStride;
                c9a = TUnit.Load(at);
                c9b = TUnit.Load(at + TUnit.Lanes);
                at += targetStride;
                c10a = TUnit.Load(at);
                c10b = TUnit.Load(at + TUnit.Lanes);
                at += targetStride;
                c11a = TUnit.Load(at);
                c11b = TUnit.Load(at + TUnit.Lanes);
            }
        }
        else if (start is not null)
        {
            c0a = c0b = TUnit.Broadcast(start + 0);
            c1a = c1b = TUnit.Broadcast(start + 1);
            c2a = c2b = TUnit.Broadcast(start + 2);
            c3a = c3b = TUnit.Broadcast(start + 3);

            if (TRows.Rows >= 6)
            {
                c4a = c4b = TUnit.Broadcast(start + 4);
                c5a = c5b = TUnit.Broadcast(start + 5);
            }

            if (TRows.Rows >= 8)
            {
                c6a = c6b = TUnit.Broadcast(start + 6);
                c7a = c7b = TUnit.Broadcast(start + 7);
            }

            if (TRows.Rows >= 12)
            {
                c8a = c8b = TUnit.Broadcast(start + 8);
                c9a = c9b = TUnit.Broadcast(start + 9);
                c10a = c10b = TUnit.Broadcast(start + 10);
                c11a = c11b = TUnit.Broadcast(start + 11);
            }
        }

        nint step = TLeft.Step<TRows>();
        for (; segments > 0; segments--)
        {
            float* end = right + ((nint)depth * Columns);
            float* unrolled = right + ((nint)(depth / Unrolled * Unrolled) * Columns);
            for (; right != unrolled; right += Unrolled * Columns, left += Unrolled * step)
            {
                Advance<TUnit, TVector, TRows, TLeft>(
                    0, left, right,
                    ref c0a, ref c0b, ref c1a, ref c1b,
                    ref c2a, ref c2b, ref c3a, ref c3b,
                    ref c4a, ref c4b, ref c5a, ref c5b,
                    ref c6a, ref c6b, ref c7a, ref c7b,
                    ref c8a, ref c8b, ref c9a, ref c9b,
                    ref c10a, ref c10b, ref c11a, ref c11b);
                Advance<TUnit, TVector, TRows, TLeft>(
                    1, left, right,
                    ref c0a, ref c0b, ref c1a, ref c1b,
                    ref c2a, ref c2b, ref c3a, ref c3b,
                    ref c4a, ref c4b, ref c5a, ref c5b,
                    ref c6a, ref c6b, ref c7a, ref c7b,
                    ref c8a, ref c8b, ref c9a, ref c9b,
                    ref c10a, ref c10b, ref c11a, ref c11b);
                Advance<TUnit, TVector, TRows, TLeft>(
                    2, left, right,
                    ref c0a, ref c0b, ref c1a, ref c1b,
                    ref c2a, ref c2b, ref c3a, ref c3b,
                    ref c4a, ref c4b, ref c5a, ref c5b,
                    ref c6a, ref c6b, ref c7a, ref c7b,
                    ref c8a, ref c8b, ref c9a, ref c9b,
                    ref c10a, ref c10b, ref c11a, ref c11b);
                Advance<TUnit, TVector, TRows, TLeft>(
                    3, left, right,
                    ref c0a, ref c0b, ref c1a, ref c1b,
                    ref c2a, ref c2b, ref c3a, ref c3b,
                    ref c4a, ref c4b, ref c5a, ref c5b,
                    ref c6a, ref c6b, ref c7a, ref c7b,
                    ref c8a, ref c8b, ref c9a, ref c9b,
                    ref c10a, ref c10b, ref c11a, ref c11b);
            }

            for (; right != end; right += Columns, left += step)
            {
                Advance<TUnit, TVector, TRows, TLeft>(
                    0, left, right,
                    ref c0a, ref c0b, ref c1a, ref c1b,
                    ref c2a, ref c2b, ref c3a, ref c3b,
                    ref c4a, ref c4b, ref c5a, ref c5b,
                    ref c6a, ref c6b, ref c7a, ref c7b,
                    ref c8a, ref c8b, ref c9a, ref c9b,
                    ref c10a, ref c10b, ref c11a, ref c11b);
            }

            left += leftJump;
        }

        Finish<TUnit, TVector, TFinish>(c0a, c0b, target, gate);
        target += targetStride;
        gate += targetStride;
        Finish<TUnit, TVector, TFinish>(c1a, c1b, target, gate);
        target += targetStride;
        gate += targetStride;
        Finish<TUnit, TVector, TFinish>(c2a, c2b, target, gate);
        target += targetStride;
        gate += targetStride;
        Finish<TUnit, TVector, TFinish>(c3a, c3b, target, gate);

        if (TRows.Rows >= 6)
        {
            target += targetStride;
            gate += targetStride;
            Finish<TUnit, TVector, TFinish>(c4a, c4b, target, gate);
            target += targetStride;
            gate += targetStride;
            Finish<TUnit, TVector, TFinish>(c5a, c5b, target, gate);
        }

        if (TRows.Rows >= 8)
        {
            target += targetStride;
            gate += targetStride;
            Finish<TUnit, TVector, TFinish>(c6a, c6b, target, gate);
            target += targetStride;
            gate += targetStride;
            Finish<TUnit, TVector, TFinish>(c7a, c7b, target, gate);
        }

        if (TRows.Rows >= 12)
        {
            target += targetStride;
            gate += targetStride;
            Finish<TUnit, TVector, TFinish>(c8a, c8b, target, gate);
            target += targetStride;
            gate += targetStride;
            Finish<TUnit, TVector, TFinish>(c9a, c9b, target, gate);
            target += targetStride;
            gate += targetStride;
            Finish<TUnit, TVector, TFinish>(c10a, c10b, target, gate);
            target += targetStride;
            gate += targetStride;
            Finish<TUnit, TVector, TFinish>(c11a, c11b, target, gate);
        }
    }

    // One k, the index-th from the pointers on: an index and not a moved pointer, so that it becomes part of the addresses.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Advance<TUnit, TVector, TRows, TLeft>(
        int index,
        float* left,
        float* right,
        ref TVector c0a,
        ref TVector c0b,
        ref TVector c1a,
        ref TVector c1b,
        ref TVector c2a,
        ref TVector c2b,
        ref TVector c3a,
        ref TVector c3b,
        ref TVector c4a,
        ref TVector c4b,
        ref TVector c5a,
        ref TVector c5b,
        ref TVector c6a,
        ref TVector c6b,
        ref TVector c7a,
        ref TVector c7b,
        ref TVector c8a,
        ref TVector c8b,
        ref TVector c9a,
        ref TVector c9b,
        ref TVector c10a,
        ref TVector c10b,
        ref TVector c11a,
        ref TVector c11b)
        where TUnit : IVectorUnit<TVector>
        where TVector : struct
        where TRows : IRowCount
        where TLeft : ILeftOperand
    {
        int first = index * TLeft.Step<TRows>();
        TVector ra = TUnit.Load(right + (index * Columns));
        TVector rb = TUnit.Load(right + ((index * Columns) + TUnit.Lanes));
        TVector l;
        l = TUnit.Broadcast(left + first);
        c0a = TUnit.MultiplyAdd(l, ra, c0a);
        c0b = TUnit.MultiplyAdd(l, rb, c0b);
        l = TUnit.Broadcast(left + (first + TLeft.RowStride));
        c1a = TUnit.MultiplyAdd(l, ra, c1a);
        c1b = TUnit.MultiplyAdd(l, rb, c1b);
        l = TUnit.Broadcast(left + (first + (2 * TLeft.RowStride)));
        c2a = TUnit.MultiplyAdd(l, ra, c2a);
        c2b = TUnit.MultiplyAdd(l, rb, c2b);
        l = TUnit.Broadcast(left + (first + (3 * TLeft.RowStride)));
        c3a = TUnit.MultiplyAdd(l, ra, c3a);
        c3b = TUnit.MultiplyAdd(l, rb, c3b);

        if (TRows.Rows >= 6)
        {
            l = TUnit.Broadcast(left + (first + (4 * TLeft.RowStride)));
            c4a = TUnit.MultiplyAdd(l, ra, c4a);
            c4b = TUnit.MultiplyAdd(l, rb, c4b);
            l = TUnit.Broadcast(left + (first + (5 * TLeft.RowStride)));
            c5a = TUnit.MultiplyAdd(l, ra, c5a);
            c5b = TUnit.MultiplyAdd(l, rb, c5b);
        }

        if (TRows.Rows >= 8)
        {
            l = TUnit.Broadcast(left + (first + (6 * TLeft.RowStride)));
            c6a = TUnit.MultiplyAdd(l, ra, c6a);
            c6b = TUnit.MultiplyAdd(l, rb, c6b);
            l = TUnit.Broadcast(left + (first + (7 * TLeft.RowStride)));
            c7a = TUnit.MultiplyAdd(l, ra, c7a);
            c7b = TUnit.MultiplyAdd(l, rb, c7b);
        }

        if (TRows.Rows >= 12)
        {
            l = TUnit.Broadcast(left + (first + (8 * TLeft.RowStride)));
            c8a = TUnit.MultiplyAdd(l, ra, c8a);
            c8b = TUnit.MultiplyAdd(l, rb, c8b);
            l = TUnit.Broadcast(left + (first + (9 * TLeft.RowStride)));
            c9a = TUnit.MultiplyAdd(l, ra, c9a);
            c9b = TUnit.MultiplyAdd(l, rb, c9b);
            l = TUnit.Broadcast(left + (first + (10 * TLeft.RowStride)));
            c10a = TUnit.MultiplyAdd(l, ra, c10a);
            c10b = TUnit.MultiplyAdd(l, rb, c10b);
            l = TUnit.Broadcast(left + (first + (11 * TLeft.RowStride)));
            c11a = TUnit.MultiplyAdd(l, ra, c11a);
            c11b = TUnit.MultiplyAdd(l, rb, c11b);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish<TUnit, TVector, TFinish>(TVector a, TVector b, float* target, float* gate)
        where TUnit : IVectorUnit<TVector>
        where TVector : struct
        where TFinish : IFinish
    {
        TUnit.Store(TFinish.Apply<TUnit, TVector>(a, target, gate), target);
        TUnit.Store(TFinish.Apply<TUnit, TVector>(b, target + TUnit.Lanes, gate + TUnit.Lanes), target + TUnit.Lanes);
    }
}

internal readonly struct Rows4 : IRowCount
{
    public static int Rows => 4;

    public static int StripRows => 4;
}

internal readonly struct Rows4Of8 : IRowCount
{
    public static int Rows => 4;

    public static int StripRows => 8;
}

internal readonly struct Rows6 : IRowCount
{
    public static int Rows => 6;

    public static int StripRows => 12;
}

internal readonly struct Rows8 : IRowCount
{
    public static int Rows => 8;

    public static int StripRows => 8;
}

internal readonly struct Rows12 : IRowCount
{
    public static int Rows => 12;

    public static int StripRows => 12;
}

/// <summary>Packed weights: the rows of a strip lie side by side.</summary>
internal readonly struct PackedStrip : ILeftOperand
{
    public static int RowStride => 1;

    public static int Step<TRows>()
        where TRows : IRowCount => TRows.StripRows;
}

/// <summary>Rows of a panel: a product over pixels.</summary>
internal readonly struct PanelRows : ILeftOperand
{
    public static int RowStride => MicroKernel.Columns;

    public static int Step<TRows>()
        where TRows : IRowCount => 1;
}

/// <summary>The sum itself.</summary>
internal readonly unsafe struct Linear : IFinish
{
    public static TVector Apply<TUnit, TVector>(TVector sum, float* target, float* gate)
        where TUnit : IVectorUnit<TVector>
        where TVector : struct => sum;
}

/// <summary>max(sum, 0).</summary>
internal readonly unsafe struct Rectified : IFinish
{
    public static TVector Apply<TUnit, TVector>(TVector sum, float* target, float* gate)
        where TUnit : IVectorUnit<TVector>
        where TVector : struct => TUnit.Rectify(sum);
}

/// <summary>The gradient of max(·, 0): the sum where the gate is positive.</summary>
internal readonly unsafe struct Gated : IFinish
{
    public static bool ReadsGate => true;

    public static TVector Apply<TUnit, TVector>(TVector sum, float* target, float* gate)
        where TUnit : IVectorUnit<TVector>
        where TVector : struct => TUnit.Gate(sum, TUnit.Load(gate));
}

/// <summary>Added to what the target holds.</summary>
internal readonly unsafe struct Accumulated : IFinish
{
    public static TVector Apply<TUnit, TVector>(TVector sum, float* target, float* gate)
        where TUnit : IVectorUnit<TVector>
        where TVector : struct => TUnit.Add(TUnit.Load(target), sum);
}
