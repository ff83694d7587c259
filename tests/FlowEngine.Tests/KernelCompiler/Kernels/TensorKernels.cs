using FlowEngine.Kernels.Device;

namespace FlowEngine.Tests.KernelCompiler;

/// <summary>Asynchronous copies, tensor cores, and a kernel that is for CUDA alone.</summary>
internal static partial class TensorKernels
{
    private const int Rows = 16;

    // D (16, 8) = A (16, 16) · B (8, 16) transposed, by one warp.
    [Kernel(32)]
    private static void Product(
        ReadOnlyGlobalView<BFloat16> a, ReadOnlyGlobalView<BFloat16> b, GlobalView<float> d)
    {
        SharedView<BFloat16> rows = SharedMemory.Allocate<BFloat16>(Rows * 16);
        SharedView<BFloat16> columns = SharedMemory.Allocate<BFloat16>(16 * 16);
        int lane = Warp.LaneIdx;
        Async.Copy16(rows.Slice(lane * 8), a.Slice(lane * 8));
        Async.Copy16(columns.Slice(lane * 8), b.Slice(lane % 16 * 8), lane < 16);
        Async.Commit();
        Async.Wait(0);
        Group.Barrier();
        LocalArray<uint> fragmentA = new(4);
        LocalArray<uint> fragmentB = new(2);
        LocalArray<float> sums = new(4);
        for (int i = 0; i < 4; i++)
        {
            Loop.Unroll();
            sums[i] = 0;
        }

        TensorCore.LoadMatrixX4(fragmentA, rows.Slice((lane % 16 * 16) + (lane / 16 * 8)));
        TensorCore.LoadMatrixX2(fragmentB, columns.Slice((lane % 8 * 16) + (lane / 8 % 2 * 8)));
        TensorCore.MultiplyAddBFloat16(sums, fragmentA, fragmentB);
        int row = lane / 4;
        int column = 2 * (lane % 4);
        d[(row * 8) + column] = sums[0];
        d[(row * 8) + column + 1] = sums[1];
        d[((row + 8) * 8) + column] = sums[2];
        d[((row + 8) * 8) + column + 1] = sums[3];
    }

    // Warps go their own ways, which OpenCL does not allow.
    [Kernel(64, Portable = false)]
    private static void Roles(GlobalView<float> y)
    {
        float value = Warp.LaneIdx;
        if (Warp.WarpIdx == 0)
        {
            value = Total(value);
        }

        y[Group.IdxX] = value;
    }

    private static float Total(float value)
    {
        for (int mask = 16; mask > 0; mask /= 2)
        {
            value += Warp.ShuffleXor(value, mask);
        }

        return value;
    }
}
