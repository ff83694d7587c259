using System.Numerics;

namespace FlowEngine.Compression;

/// <summary>Grey levels to cells: uniform dequantization, whose noise is popped from the stack.</summary>
/// <remarks>
/// A level is 2ʲ fine steps wide, x = (level · 2ʲ + u) / (bins · 2ʲ) - 0.5 with u = pop(2ʲ) and j the largest for which a
/// step is no narrower than a cell. Where bins is a power of two steps are cells; else one more scale takes them there.
/// </remarks>
internal sealed class LevelsCode
{
    private readonly int _bins;
    private readonly int _noiseBits;
    private readonly double _middle;
    private readonly GridScale? _scale;

    /// <summary>A code for images of so many grey levels.</summary>
    /// <param name="bins">2 to 256.</param>
    internal LevelsCode(int bins)
    {
        _bins = bins;
        _noiseBits = LocalCode.GridBits - BitOperations.Log2(BitOperations.RoundUpToPowerOf2((uint)bins));
        double steps = (double)bins * (1 << _noiseBits);
        _middle = steps / 2;
        _scale = BitOperations.IsPow2(bins) ? null : GridScale.From(LocalCode.CellsPerUnit / steps);
    }

    /// <summary>Loads an image of the block, popping its noise.</summary>
    internal void Encode(Chain chain, int image)
    {
        int pixels = chain.Image.PixelsPerImage;
        int channels = chain.Image.Channels;
        ReadOnlySpan<byte> levels = chain.Images.Span.Slice(image * chain.Image.Dims, chain.Image.Dims);
        for (int c = 0; c < channels; c++)
        {
            Span<double> plane = chain.Plane(pixels, c);
            for (int p = 0; p < pixels; p++)
            {
                ulong noise = chain.Stack.PopBits(p, _noiseBits);
                plane[p] = ((levels[(p * channels) + c] << _noiseBits) + (int)noise) - _middle;
            }

            if (_scale is GridScale scale)
            {
                LocalCode.Scale(chain.Stack, plane, chain.Scales(pixels, scale));
            }
        }
    }

    /// <summary>Stores an image of the block, pushing its noise back.</summary>
    /// <exception cref="CodingException">A level is not below bins.</exception>
    internal void Decode(Chain chain, int image)
    {
        int pixels = chain.Image.PixelsPerImage;
        int channels = chain.Image.Channels;
        Span<byte> levels = chain.Images.Span.Slice(image * chain.Image.Dims, chain.Image.Dims);
        for (int c = channels - 1; c >= 0; c--)
        {
            Span<double> plane = chain.Plane(pixels, c);
            if (_scale is GridScale scale)
            {
                LocalCode.Unscale(chain.Stack, plane, chain.Scales(pixels, scale));
            }

            chain.Stack.Reserve(pixels);
            for (int p = pixels - 1; p >= 0; p--)
            {
                double step = plane[p] + _middle;
                if (!(step >= 0 && step < 2 * _middle))
                {
                    throw new CodingException("a grey level is out of range");
                }

                int whole = (int)step;
                levels[(p * channels) + c] = (byte)(whole >> _noiseBits);
                chain.Stack.PushBits(p, (ulong)whole & ((1UL << _noiseBits) - 1), _noiseBits);
            }
        }
    }
}
