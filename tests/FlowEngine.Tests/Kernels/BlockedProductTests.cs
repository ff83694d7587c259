using System.Runtime.Intrinsics;
using FlowEngine.Kernels.Cpu;
using Xunit;

namespace FlowEngine.Tests.Kernels;

public sealed unsafe class BlockedProductTests
{
    /// <summary>Depths of one, two and three blocks, rows of more than ten strips, and panels with half a panel.</summary>
    [Theory]
    [InlineData(0, 8, 10)]
    [InlineData(17, 20, 32)]
    [InlineData(256, 128, 70)]
    [InlineData(257, 132, 45)]
    [InlineData(600, 124, 97)]
    public void Sums_in_blocks_have_the_bits_of_one_chain(int depth, int rows, int pixels)
    {
        int panels = StripProduct.Panels(pixels);
        Random random = new(depth);
        float[] weights = Values(random, Math.Max(1, rows * depth));
        float[] source = Values(random, Math.Max(1, panels * depth * StripProduct.PanelWidth));
        float[] bias = Values(random, rows);
        float[] narrow = new float[panels * rows * StripProduct.PanelWidth];
        float[] wide = new float[narrow.Length];
        fixed (float* w = weights, s = source, b = bias, n = narrow, m = wide)
        {
            nint from = (nint)depth * StripProduct.PanelWidth;
            nint to = (nint)rows * StripProduct.PanelWidth;
            BlockedProduct.MultiplyPanels<VectorUnit128, Vector128<float>, Linear>(
                w, rows, depth, b, s, from, pixels, n, to, StripProduct.PanelWidth, null);
            BlockedProduct.MultiplyPanels<VectorUnit256, Vector256<float>, Linear>(
                w, rows, depth, b, s, from, pixels, m, to, StripProduct.PanelWidth, null);
        }

        for (int pixel = 0; pixel < pixels; pixel++)
        {
            int panel = pixel / StripProduct.PanelWidth;
            int column = pixel % StripProduct.PanelWidth;
            for (int row = 0; row < rows; row++)
            {
                int first = row / StripProduct.StripRows * StripProduct.StripRows;
                int inStrip = Math.Min(StripProduct.StripRows, rows - first);
                float sum = bias[row];
                for (int k = 0; k < depth; k++)
                {
                    float weight = weights[(first * depth) + (k * inStrip) + row - first];
                    sum = MathF.FusedMultiplyAdd(weight, source[(((panel * depth) + k) * StripProduct.PanelWidth) + column], sum);
                }

                int at = (((panel * rows) + row) * StripProduct.PanelWidth) + column;
                Assert.Equal(sum, narrow[at]);
                Assert.Equal(sum, wide[at]);
            }
        }
    }

    private static float[] Values(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
}
