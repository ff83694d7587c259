using FlowEngine.Kernels.Device;

namespace FlowEngine.AotSmoke;

/// <summary>A kernel with what images trip over: a struct argument, shared memory, a barrier and a warp's exchange.</summary>
internal static partial class SmokeKernels
{
    internal const int BlockSize = 64;

    /// <summary>The kernel's numbers.</summary>
    /// <param name="Scale">What x is multiplied by.</param>
    /// <param name="Shift">What is added then.</param>
    internal readonly record struct Map(float Scale, float Shift);

    // y = scale x + shift, each group in reverse order and pairs of neighbours exchanged back.
    [Kernel(BlockSize)]
    private static void Affine(ReadOnlyGlobalView<float> x, GlobalView<float> y, Map map, int length)
    {
        SharedView<float> tile = SharedMemory.Allocate<float>(BlockSize);
        int thread = Group.IdxX;
        long i = Grid.GlobalIndexX;
        tile[thread] = i < length ? (x[i] * map.Scale) + map.Shift : 0;
        Group.Barrier();
        float reversed = tile[BlockSize - 1 - thread];
        float exchanged = Warp.ShuffleXor(reversed, 1);
        if (i < length)
        {
            y[i] = exchanged;
        }
    }
}
