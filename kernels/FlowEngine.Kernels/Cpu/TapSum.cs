using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <summary>Shifts and adds tap planes into an image, channels last.</summary>
internal unsafe struct TapSum : IImageJob
{
    /// <summary>9 · Channels rows.</summary>
    public Planes Taps;

    /// <summary>The shape of the target.</summary>
    public ImageShape Image;

    /// <summary>Channels per tap: the first ones of the target are written.</summary>
    public int Channels;

    /// <summary>The first term of each channel; null for 0.</summary>
    public float* Bias;

    /// <summary>What taps outside the image add, [tap][Channels]; null for 0.</summary>
    public float* Outside;

    /// <summary>False: target = bias + Σ. True: the transposed sum, added to what the target holds.</summary>
    public bool Adjoint;

    /// <summary>The image.</summary>
    public float* Target;

    public readonly double Invoke(int image, int start, int count, int worker)
    {
        Vector512<float>* masks = stackalloc Vector512<float>[TapMasks.Taps];
        float* lanes = stackalloc float[SimdMath.Width];
        for (int block = 0; block < count; block += SimdMath.Width)
        {
            TapMasks.Compute(Image, start + block, Image.PixelsPerImage, masks);
            int pixels = Math.Min(SimdMath.Width, count - block);
            long pixel = ((long)image * Image.PixelsPerImage) + start + block;
            for (int channel = 0; channel < Channels; channel++)
            {
                Vector512<float> first = Bias is null ? Vector512<float>.Zero : Vector512.Create(Bias[channel]);
                Taps.SumTaps(pixel, Image.Width, Channels, channel, Adjoint, masks, Outside, first).Store(lanes);
                float* to = Target + (pixel * Image.Channels) + channel;
                for (int lane = 0; lane < pixels; lane++, to += Image.Channels)
                {
                    *to = Adjoint ? *to + lanes[lane] : lanes[lane];
                }
            }
        }

        return 0;
    }
}
