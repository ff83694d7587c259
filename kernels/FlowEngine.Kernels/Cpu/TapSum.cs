using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <summary>Shifts and adds tap planes into an image, channels last; up to 256 pixels of one image a part.</summary>
/// <param name="taps">9 · channels rows.</param>
/// <param name="image">The shape of the target.</param>
/// <param name="channels">Channels per tap: the first ones of the target are written.</param>
/// <param name="bias">The first term of each channel; null for 0.</param>
/// <param name="outside">What taps outside the image add, [tap][channels]; null for 0.</param>
/// <param name="adjoint">
/// False: output[p] = bias + Σ taps read. True: the transposed sum, added to what the target holds.
/// </param>
/// <param name="target">The image.</param>
internal readonly unsafe struct TapSum(
    Planes taps, ImageShape image, int channels, float* bias, float* outside, bool adjoint, float* target) : IJob
{
    private const int PixelsPerPart = 256;

    public static int Parts(ImageShape image) => image.Batch * PartsPerImage(image);

    public void Invoke(int index, int worker)
    {
        int parts = PartsPerImage(image);
        int limit = image.PixelsPerImage;
        long origin = (long)(index / parts) * limit;
        int first = index % parts * PixelsPerPart;
        int last = Math.Min(first + PixelsPerPart, limit);
        Vector512<float>* masks = stackalloc Vector512<float>[TapMasks.Taps];
        float* lanes = stackalloc float[TapMasks.Lanes];
        for (int inImage = first; inImage < last; inImage += TapMasks.Lanes)
        {
            TapMasks.Compute(image, inImage, limit, masks);
            int count = Math.Min(TapMasks.Lanes, last - inImage);
            long pixel = origin + inImage;
            for (int channel = 0; channel < channels; channel++)
            {
                Vector512<float> start = bias is null ? Vector512<float>.Zero : Vector512.Create(bias[channel]);
                taps.SumTaps(pixel, image.Width, channels, channel, adjoint, masks, outside, start).Store(lanes);
                float* to = target + (pixel * image.Channels) + channel;
                for (int lane = 0; lane < count; lane++)
                {
                    *to = adjoint ? *to + lanes[lane] : lanes[lane];
                    to += image.Channels;
                }
            }
        }
    }

    private static int PartsPerImage(ImageShape image) => (image.PixelsPerImage + PixelsPerPart - 1) / PixelsPerPart;
}
