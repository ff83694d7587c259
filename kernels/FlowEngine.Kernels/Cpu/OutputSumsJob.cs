using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <summary>
/// Sums over the pixels of the gradient of a network's output: all pixels per channel, and per tap and channel those
/// whose tap lies outside the image. One <see cref="LaneSum"/> each, lane = pixel mod 16.
/// </summary>
internal readonly unsafe struct OutputSumsJob(Planes gradient, ImageShape image, bool outside, float* sums)
{
    /// <summary>The elements of the sums.</summary>
    public static long LengthFor(int channels) =>
        (TapMasks.Taps + 1L) * channels * (Unsafe.SizeOf<LaneSum>() / sizeof(float));

    /// <summary>Σ dOutput of one channel.</summary>
    public double Total(int channel) => ((LaneSum*)sums)[channel].Total();

    /// <summary>Σ dOutput of one channel over the pixels whose tap is outside.</summary>
    public double TotalOutside(int tap, int channel) =>
        ((LaneSum*)sums)[((tap + 1) * gradient.Rows) + channel].Total();

    /// <summary>Adds the pixels of some panels.</summary>
    public void Accumulate(int firstPanel, int panels)
    {
        Vector512<float>* masks = stackalloc Vector512<float>[TapMasks.Taps];
        LaneSum* all = (LaneSum*)sums;
        long end = Math.Min((long)(firstPanel + panels) * StripProduct.PanelWidth, image.Pixels);
        for (long pixel = (long)firstPanel * StripProduct.PanelWidth; pixel < end; pixel += SimdMath.Width)
        {
            Vector512<float> valid = TapMasks.Compute(image, pixel, image.Pixels, masks);
            for (int channel = 0; channel < gradient.Rows; channel++)
            {
                Vector512<float> value = Vector512.Load(gradient.Pointer + (channel * gradient.Stride) + pixel) & valid;
                all[channel].Add(value);
                for (int tap = 0; tap < TapMasks.Taps && outside; tap++)
                {
                    all[((tap + 1) * gradient.Rows) + channel].Add(Vector512.AndNot(value, masks[tap]));
                }
            }
        }
    }
}
