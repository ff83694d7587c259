using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <summary>A planar copy of some channels: one row of pixels per channel, with margins for shifted loads.</summary>
/// <param name="Origin">Pixel 0 of row 0.</param>
/// <param name="Stride">From one row to the next.</param>
/// <param name="Rows">Channels, or taps times channels.</param>
internal readonly unsafe record struct Planes(nint Origin, nint Stride, int Rows)
{
    /// <summary>Pixel 0 of row 0.</summary>
    public float* Pointer => (float*)Origin;

    /// <summary>The stride of rows: whole panels, and a cache line so that rows do not share cache sets.</summary>
    public static nint StrideFor(ImageShape image) =>
        ((nint)StripProduct.Panels(image.Pixels) * StripProduct.PanelWidth) + SimdMath.Width;

    /// <summary>The elements that <paramref name="rows"/> rows and the margins take.</summary>
    public static long LengthFor(ImageShape image, int rows) =>
        (rows * (long)StrideFor(image)) + (2L * TapMasks.Margin(image.Width));

    /// <summary>Planes in a block of <see cref="LengthFor"/> elements.</summary>
    public static Planes At(float* block, ImageShape image, int rows) =>
        new((nint)(block + TapMasks.Margin(image.Width)), StrideFor(image), rows);

    /// <summary>
    /// Copies 32 pixels of the nine taps of every row into a panel: row tap · Rows + r holds row r at the tap.
    /// </summary>
    /// <param name="image">Height, width and the number of pixels.</param>
    /// <param name="panel">Which panel.</param>
    /// <param name="mirrored">
    /// True to read tap 8 - t in place of t: what a tap sent elsewhere, instead of what it read from there.
    /// </param>
    /// <param name="outside">What a tap outside the image reads.</param>
    /// <param name="target">The panel, 9 · Rows rows.</param>
    public void GatherPatches(ImageShape image, int panel, bool mirrored, float outside, float* target)
    {
        Vector512<float>* masks = stackalloc Vector512<float>[TapMasks.Taps];
        Vector512<float> elsewhere = Vector512.Create(outside);
        for (int half = 0; half < StripProduct.PanelWidth; half += SimdMath.Width)
        {
            long pixel = ((long)panel * StripProduct.PanelWidth) + half;
            TapMasks.Compute(image, pixel, image.Pixels, masks);
            float* to = target + half;
            for (int tap = 0; tap < TapMasks.Taps; tap++)
            {
                int read = mirrored ? TapMasks.Taps - 1 - tap : tap;
                Vector512<float> mask = masks[read];
                float* from = Pointer + pixel + TapMasks.Shift(read, image.Width);
                for (int row = 0; row < Rows; row++)
                {
                    Vector512.ConditionalSelect(mask, Vector512.Load(from), elsewhere).Store(to);
                    from += Stride;
                    to += StripProduct.PanelWidth;
                }
            }
        }
    }

    /// <summary>Copies 32 pixels of every row into a panel; pixels past the last are 0.</summary>
    /// <param name="pixels">The number of pixels.</param>
    /// <param name="panel">Which panel.</param>
    /// <param name="target">The panel.</param>
    public void CopyPanel(long pixels, int panel, float* target)
    {
        for (int half = 0; half < StripProduct.PanelWidth; half += SimdMath.Width)
        {
            long pixel = ((long)panel * StripProduct.PanelWidth) + half;
            Vector512<int> count = Vector512.Create((int)Math.Clamp(pixels - pixel, 0, SimdMath.Width));
            Vector512<float> valid = Vector512.LessThan(Vector512<int>.Indices, count).AsSingle();
            for (int row = 0; row < Rows; row++)
            {
                (Vector512.Load(Pointer + (row * Stride) + pixel) & valid)
                    .Store(target + (row * StripProduct.PanelWidth) + half);
            }
        }
    }

    /// <summary>
    /// start + Σ over the taps, 0 to 8, of row tap · channels + channel at the tap, for 16 pixels of one channel.
    /// </summary>
    /// <param name="pixel">The first pixel.</param>
    /// <param name="width">The image's width.</param>
    /// <param name="channels">Channels per tap.</param>
    /// <param name="channel">Which one.</param>
    /// <param name="mirrored">As in <see cref="GatherPatches"/>.</param>
    /// <param name="masks">From <see cref="TapMasks"/> for these pixels.</param>
    /// <param name="outside">What taps outside add, [tap][channels]; null for 0.</param>
    /// <param name="start">The first term.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> SumTaps(
        long pixel,
        int width,
        int channels,
        int channel,
        bool mirrored,
        Vector512<float>* masks,
        float* outside,
        Vector512<float> start)
    {
        // From tap to tap without a division: this is the inner loop of small networks.
        int turn = mirrored ? -1 : 1;
        float* at = Pointer + (channel * Stride) + pixel - (turn * (width + 1));
        Vector512<float>* mask = mirrored ? masks + TapMasks.Taps - 1 : masks;
        int row = channel;
        Vector512<float> sum = start;
        for (int i = 0; i < 3; i++)
        {
            for (int j = 0; j < 3; j++)
            {
                Vector512<float> elsewhere = outside is null ? Vector512<float>.Zero : Vector512.Create(outside[row]);
                sum += Vector512.ConditionalSelect(*mask, Vector512.Load(at), elsewhere);
                at += (channels * Stride) + turn;
                mask += turn;
                row += channels;
            }

            at += turn * (width - 3);
        }

        return sum;
    }
}
