using FlowEngine.Kernels.Device;

namespace FlowEngine.Tests.KernelCompiler;

/// <summary>Kernels of several variants.</summary>
internal static partial class VariantKernels
{
    public const int Sum = 0;
    public const int Largest = 1;

    private const int Threads = 64;

    // results[group] = the sum or the largest of the group's elements, each a power of x.
    [Kernel(Threads)]
    [KernelVariant("SumOfSquares", Sum, 2)]
    [KernelVariant("SumOfCubes", Sum, 3)]
    [KernelVariant("LargestSquare", Largest, 2)]
    private static void Reduce(
        ReadOnlyGlobalView<float> x, GlobalView<float> results, int length, int operation, int exponent)
    {
        SharedView<float> values = SharedMemory.Allocate<float>(Threads);
        long i = Grid.GlobalIndexX;
        values[Group.IdxX] = i < length ? Power(x[i], exponent) : 0.0f;
        Group.Barrier();
        for (int half = Threads / 2; half > 0; half /= 2)
        {
            if (Group.IdxX < half)
            {
                float other = values[Group.IdxX + half];
                values[Group.IdxX] = operation == Sum
                    ? values[Group.IdxX] + other
                    : XMath.Max(values[Group.IdxX], other);
            }

            Group.Barrier();
        }

        if (Group.IdxX == 0)
        {
            results[Grid.IdxX] = values[0];
        }
    }

    [Kernel(Threads)]
    [KernelVariant("Halve", -1)]
    [KernelVariant("Double", 1)]
    private static void Scale(GlobalView<float> x, int length, int exponent)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            x[i] *= exponent < 0 ? 0.5f : 2.0f;
        }
    }

    private static float Power(float x, int exponent)
    {
        float power = 1.0f;
        for (int i = 0; i < exponent; i++)
        {
            power *= x;
        }

        return power;
    }
}
