using FlowEngine.Kernels.Device;

namespace FlowEngine.Tests.KernelCompiler;

/// <summary>Kernels without any wait.</summary>
internal static partial class ElementwiseKernels
{
    private const float Half = 0.5f;
    private const int Side = 4;

    internal readonly record struct Size(int Height, int Width, float Scale);

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

    [Kernel(64, MinGroupsPerMultiprocessor = 2)]
    private static void Transpose(ReadOnlyGlobalView<float> x, GlobalView<float> y, Size size)
    {
        Size turned = new(size.Width, size.Height, size.Scale);
        for (int i = Group.IdxX; i < size.Height * size.Width; i += Group.DimX)
        {
            int row = i / size.Width, column = i % size.Width;
            y[Place(turned, column, row)] = x[i] * turned.Scale;
        }
    }

    [Kernel(32)]
    private static void Vectors(ReadOnlyGlobalView<float> x, GlobalView<float> y, int groups)
    {
        var half = new Float4(Half);
        LocalArray<float> sums = new(Side);
        for (int k = 0; k < Side; k++)
        {
            Loop.Unroll();
            sums[k] = 0;
        }

        for (int i = Group.IdxX; i < groups; i += Group.DimX)
        {
            Float4 v = x.Load4((long)i * 4);
            v = XMath.Fma(v, half, new Float4(1, 2, 3, -4));
            v.X += 1;
            v *= half;
            y.Store4(4L * i, v);
            Accumulate(sums, v);
        }

        y[(groups * 4L) + Group.IdxX] = sums[0] + sums[1] + sums[2] + sums[Side - 1];
    }

    private static long Place(Size size, int row, int column) => ((long)row * size.Width) + column;

    private static void Accumulate(LocalArray<float> sums, Float4 v)
    {
        LocalArray<float> upper = sums.Slice(2);
        sums[0] += v.X;
        sums[1] += v.Y;
        upper[0] += v.Z;
        upper[1] += v.W;
    }
}
