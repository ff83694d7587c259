using FlowEngine.Kernels.Device;

namespace FlowEngine.Tests.KernelCompiler;

/// <summary>Every statement of the language.</summary>
internal static partial class ControlFlowKernels
{
    [Kernel(32)]
    private static void Collatz(ReadOnlyGlobalView<int> starts, GlobalView<int> steps, int count)
    {
        int i = Group.IdxX;
        while (true)
        {
            if (i >= count)
            {
                break;
            }

            long value = starts[i];
            int step = 0;
            do
            {
                if (value == 1)
                {
                    break;
                }
                else if (value % 2 == 0)
                {
                    value /= 2;
                }
                else
                {
                    value = (3 * value) + 1;
                }

                step++;
            }
            while (step < 1000);
            steps[i] = step;
            i += Group.DimX;
        }
    }

    [Kernel(32)]
    private static void CountPairs(ReadOnlyGlobalView<int> x, GlobalView<int> counts, int length)
    {
        int count = 0, float4 = 0;
        for (int i = 0, j = length - 1; i < j; i++, j--)
        {
            if (x[i] < 0 || x[j] < 0)
            {
                continue;
            }

            ;
            {
                int sum = x[i] + x[j];
                count += sum > Group.IdxX ? 1 : 0;
            }

            float4 += i;
        }

        counts[Group.IdxX] = count + First(x, length, Group.IdxX);
        counts[32 + Group.IdxX] = float4;
    }

    private static int First(ReadOnlyGlobalView<int> x, int length, int value)
    {
        int i;
        for (i = 0; i < length; i++)
        {
            if (x[i] == value)
            {
                return i;
            }
        }

        return -1;
    }
}
