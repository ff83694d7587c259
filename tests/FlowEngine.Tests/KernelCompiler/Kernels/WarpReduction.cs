using FlowEngine.Kernels.Device;

namespace FlowEngine.Tests.KernelCompiler;

/// <summary>Device functions that kernels of other classes call.</summary>
internal static class WarpReduction
{
    private const int First = 1;

    public static int Max(int value)
    {
        for (int delta = First; delta < Warp.Size; delta <<= 1)
        {
            value = Larger(value, Warp.ShuffleXor(value, delta));
        }

        return value;
    }

    public static float Zero() => Warp.ShuffleDown(0.0f, 1);

    private static int Larger(int left, int right) => left > right ? left : right;
}
