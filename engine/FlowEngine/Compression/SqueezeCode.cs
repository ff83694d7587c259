using FlowEngine.Kernels;

namespace FlowEngine.Compression;

/// <summary>A squeeze: cells change their places, and nothing is coded.</summary>
internal sealed class SqueezeCode : ILayerCode
{
    public void Encode(ChainBatch batch, ImageShape input) => Run(batch, input, isInverse: false);

    public void Decode(ChainBatch batch, ImageShape input) => Run(batch, input, isInverse: true);

    private static void Run(ChainBatch batch, ImageShape input, bool isInverse) => batch.ForEach((chain, _) =>
    {
        Span<double> cells = chain.Planes(input.PixelsPerImage, 0, input.Channels);
        double[] source = cells.ToArray();
        int quarter = input.PixelsPerImage / 4;
        int halfWidth = input.Width / 2;
        int fine = 0;
        for (int c = 0; c < input.Channels; c++)
        {
            for (int h = 0; h < input.Height; h++)
            {
                for (int w = 0; w < input.Width; w++, fine++)
                {
                    int channel = (4 * c) + (2 * (h & 1)) + (w & 1);
                    int coarse = (channel * quarter) + ((h >> 1) * halfWidth) + (w >> 1);
                    (int from, int to) = isInverse ? (coarse, fine) : (fine, coarse);
                    cells[to] = source[from];
                }
            }
        }
    });
}
