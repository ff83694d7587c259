using FlowEngine.Kernels;

namespace FlowEngine.Benchmarks;

/// <summary>An affine map per pixel from a random ActNorm and a random invertible convolution.</summary>
internal static class AffineArrays
{
    /// <summary>The assembled map, with its inverse.</summary>
    public static PixelAffineMap RandomMap(Arrays arrays, int channels)
    {
        double spread = 0.5 / Math.Sqrt(channels);
        long square = (long)channels * channels;
        float[] signs = [.. Enumerable.Range(0, channels).Select(c => c % 3 == 0 ? -1f : 1f)];
        float[] rows = [.. Enumerable.Range(0, channels).Select(c => (float)((c + 1) % channels))];
        PixelAffineParameters parameters = new(
            channels,
            arrays.Random(channels, 0.5),
            arrays.Random(channels, 0.3),
            arrays.Random(square, spread),
            arrays.Random(square, spread),
            arrays.Random(channels, 0.3),
            arrays.Values(signs),
            arrays.Values(rows));
        PixelAffineMap map = new(channels, arrays.Zeros(PixelAffineMap.LengthFor(channels)));
        arrays.Backend.PixelAffine.Assemble(parameters, map, inverse: true);
        return map;
    }
}
