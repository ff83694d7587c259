using FlowEngine.Kernels.Device;

namespace FlowEngine.Tests.KernelCompiler;

/// <summary>Kernels without any wait.</summary>
internal static partial class ElementwiseKernels
{
    private const float Half = 0.5f;

    [Kernel(256)]
    private static void Affine(ReadOnlyGlobalView<float> x, GlobalView<float> y, float scale, int length)
    {
        long i = Grid.GlobalIndexX;
        if (i >= length)
        {
            return;
        }

        y[i] = (scale * x[i]) + Half;
    }
}
