using FlowEngine.Kernels.Device;

namespace FlowEngine.Conformance.Kernels;

/// <summary>Maps of single elements, four at a time and one at a time.</summary>
public static partial class Elementwise
{
    private const int BlockSize = 256;

    /// <summary>The number of functions that one launch of the second kernel computes.</summary>
    public const int FunctionCount = 6;

    // y = x · scale + shift. A thread has four elements; the last one has what is left.
    [Kernel(BlockSize)]
    private static void MultiplyAdd(
        ReadOnlyGlobalView<float> x,
        ReadOnlyGlobalView<float> scale,
        ReadOnlyGlobalView<float> shift,
        GlobalView<float> y,
        int length)
    {
        int first = 4 * ((Grid.IdxX * Group.DimX) + Group.IdxX);
        if (first + 4 <= length)
        {
            y.Store4(first, XMath.Fma(x.Load4(first), scale.Load4(first), shift.Load4(first)));
        }
        else
        {
            for (int i = first; i < length; i++)
            {
                y[i] = XMath.Fma(x[i], scale[i], shift[i]);
            }
        }
    }

    // y = f(x) for each of the functions: (FunctionCount, length).
    [Kernel(BlockSize)]
    private static void Functions(ReadOnlyGlobalView<float> x, GlobalView<float> y, int length)
    {
        long i = Grid.GlobalIndexX;
        if (i >= length)
        {
            return;
        }

        float value = x[i];
        y[i] = XMath.Exp(value);
        y[length + i] = XMath.Log(value);
        y[(2L * length) + i] = XMath.Sigmoid(value);
        y[(3L * length) + i] = XMath.LogSigmoid(value);
        y[(4L * length) + i] = XMath.Sqrt(value) / (1.0f + XMath.Abs(value));
        y[(5L * length) + i] = BFloat16.FromSingle(value).ToSingle() + XMath.Floor(value);
    }
}
