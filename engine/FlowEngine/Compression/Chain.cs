using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

using FlowEngine.Kernels;

namespace FlowEngine.Compression;

/// <summary>
/// One block on its way: the stack its images are pushed on one after another, and the image at hand as cells of the
/// grid, one plane per channel.
/// </summary>
internal sealed class Chain
{
    private readonly double[] _cells;
    private readonly double[] _shifts;
    private readonly double[] _factors;
    private readonly GridScale[] _scales;

    /// <summary>A block that begins, or one to be taken apart.</summary>
    /// <param name="index">Which block.</param>
    /// <param name="image">The shape of an image.</param>
    /// <param name="images">The block's images, (N, H, W, C): what is encoded, or where to decode.</param>
    /// <param name="stack">What they are pushed on.</param>
    internal Chain(int index, ImageShape image, Memory<byte> images, RansStack stack)
    {
        (Index, Image, Images, Stack) = (index, image, images, stack);
        _cells = new double[image.Dims];

        // Whole vectors, whatever is behind the last pixel.
        int padded = (image.PixelsPerImage + Vector512<double>.Count - 1) & -Vector512<double>.Count;
        _shifts = new double[padded];
        _factors = new double[padded];
        _scales = new GridScale[padded];
    }

    internal int Index { get; }

    internal ImageShape Image { get; }

    internal Memory<byte> Images { get; }

    internal RansStack Stack { get; }

    /// <summary>How many images the block has.</summary>
    internal int Count => Images.Length / Image.Dims;

    /// <summary>What stopped the block, or null.</summary>
    internal string? Fault { get; set; }

    /// <summary>Scratch of a plane: whole cells to move by.</summary>
    internal Span<double> Shifts(int pixels) => _shifts.AsSpan(0, pixels);

    /// <summary>Scratch of a plane: what <see cref="Scales(int, Func{Vector512{double}, Vector512{double}})"/> reads.</summary>
    internal Span<double> Factors(int pixels) => _factors.AsSpan(0, pixels);

    /// <summary>Some channels' cells, one channel after another.</summary>
    internal Span<double> Planes(int pixels, int firstChannel, int channels) =>
        _cells.AsSpan(firstChannel * pixels, channels * pixels);

    /// <summary>A channel's cells.</summary>
    internal Span<double> Plane(int pixels, int channel) => Planes(pixels, channel, 1);

    /// <summary>The scales of a plane, a function of <see cref="Factors"/>.</summary>
    internal ReadOnlySpan<GridScale> Scales(int pixels, Func<Vector512<double>, Vector512<double>> function)
    {
        ReadOnlySpan<Vector512<double>> factors = MemoryMarshal.Cast<double, Vector512<double>>(_factors);
        int used = (pixels + Vector512<double>.Count - 1) / Vector512<double>.Count;
        for (int i = 0; i < used; i++)
        {
            GridScale.From(function(factors[i]), _scales.AsSpan(i * Vector512<double>.Count));
        }

        return _scales.AsSpan(0, pixels);
    }

    /// <summary>One scale for a whole plane.</summary>
    internal ReadOnlySpan<GridScale> Scales(int pixels, GridScale scale)
    {
        Span<GridScale> scales = _scales.AsSpan(0, pixels);
        scales.Fill(scale);
        return scales;
    }

    /// <summary>The middles of a channel's cells in units of the data: what a network reads.</summary>
    /// <param name="pixels">Pixels of a plane.</param>
    /// <param name="channels">How many channels, from the first on.</param>
    /// <param name="values">(P, stride).</param>
    /// <param name="stride">Channels of <paramref name="values"/>.</param>
    internal void ReadValues(int pixels, int channels, Span<float> values, int stride)
    {
        for (int c = 0; c < channels; c++)
        {
            ReadOnlySpan<double> plane = Plane(pixels, c);
            for (int p = 0; p < plane.Length; p++)
            {
                values[(p * stride) + c] = (float)((plane[p] + 0.5) * (1 / LocalCode.CellsPerUnit));
            }
        }
    }
}
