using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <summary>A batch of one row through the products of a dense network, lane = output.</summary>
/// <remarks>
/// A panel has a lane for each row, so that one row would use one of them. Each output is the same chain of fused
/// multiply-adds as in <see cref="MicroKernel"/>, so it has the same bits.
/// </remarks>
internal static unsafe class DenseRow
{
    /// <summary>Sixteen lanes are read and written where a strip has as few as four rows: so much more memory is there.</summary>
    public const int Overrun = SimdMath.Width - 4;

    /// <summary>Strips at a time: so many chains hide the latency of a multiply-add.</summary>
    private const int Chains = 5;

    /// <summary>target = finish(W source + b).</summary>
    /// <param name="layout">Where the weights lie.</param>
    /// <param name="prepared">The prepared weights.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="source">What it reads.</param>
    /// <param name="target">Receives its outputs, padded, and <see cref="Overrun"/> more values.</param>
    public static void Forward<TFinish>(
        in DenseNetworkLayout layout, float* prepared, int layer, float* source, float* target)
        where TFinish : IFinish
    {
        DenseNetworkLayout.PreparedLayer at = layout.At(layer);
        int inputs = layout.Shape.InputsOf(layer);
        int padded = layout.Padded(layer + 1);
        for (int row = 0; row < padded; row += Chains * StripProduct.StripRows)
        {
            Multiply<TFinish>(
                prepared + at.Forward + ((nint)row * inputs),
                prepared + at.Bias + row,
                Math.Min(padded - row, Chains * StripProduct.StripRows),
                inputs,
                source,
                target + row);
        }
    }

    private static void Multiply<TFinish>(float* weights, float* bias, int rows, int inputs, float* source, float* target)
        where TFinish : IFinish
    {
        // Chains without a strip repeat the last one, which may have fewer rows than the others.
        int last = StripProduct.Strips(rows) - 1;
        int lastRows = rows - (last * StripProduct.StripRows);
        int s1 = Math.Min(1, last);
        int s2 = Math.Min(2, last);
        int s3 = Math.Min(3, last);
        nint strip = (nint)StripProduct.StripRows * inputs;
        float* w0 = weights;
        float* w1 = weights + (s1 * strip);
        float* w2 = weights + (s2 * strip);
        float* w3 = weights + (s3 * strip);
        float* w4 = weights + (last * strip);
        nint step0 = last > 0 ? StripProduct.StripRows : lastRows;
        nint step1 = last > 1 ? StripProduct.StripRows : lastRows;
        nint step2 = last > 2 ? StripProduct.StripRows : lastRows;
        nint step3 = last > 3 ? StripProduct.StripRows : lastRows;
        Vector512<float> a0 = Vector512.Load(bias);
        Vector512<float> a1 = Vector512.Load(bias + (s1 * StripProduct.StripRows));
        Vector512<float> a2 = Vector512.Load(bias + (s2 * StripProduct.StripRows));
        Vector512<float> a3 = Vector512.Load(bias + (s3 * StripProduct.StripRows));
        Vector512<float> a4 = Vector512.Load(bias + (last * StripProduct.StripRows));
        for (int k = 0; k < inputs; k++)
        {
            Vector512<float> value = Vector512.Create(source[k]);
            a0 = Vector512.FusedMultiplyAdd(Vector512.Load(w0), value, a0);
            a1 = Vector512.FusedMultiplyAdd(Vector512.Load(w1), value, a1);
            a2 = Vector512.FusedMultiplyAdd(Vector512.Load(w2), value, a2);
            a3 = Vector512.FusedMultiplyAdd(Vector512.Load(w3), value, a3);
            a4 = Vector512.FusedMultiplyAdd(Vector512.Load(w4), value, a4);
            w0 += step0;
            w1 += step1;
            w2 += step2;
            w3 += step3;
            w4 += lastRows;
        }

        // In this order: what is past the rows of a strip is overwritten by the next one.
        Finish<TFinish>(a0, target);
        Finish<TFinish>(a1, target + (s1 * StripProduct.StripRows));
        Finish<TFinish>(a2, target + (s2 * StripProduct.StripRows));
        Finish<TFinish>(a3, target + (s3 * StripProduct.StripRows));
        Finish<TFinish>(a4, target + (last * StripProduct.StripRows));
    }

    private static void Finish<TFinish>(Vector512<float> sum, float* target)
        where TFinish : IFinish =>
        TFinish.Apply<VectorUnit512, Vector512<float>>(sum, target, null).Store(target);
}
