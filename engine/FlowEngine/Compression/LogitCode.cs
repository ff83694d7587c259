using FlowEngine.Kernels;

namespace FlowEngine.Compression;

/// <summary>A logit transform: a table has the image of every cell.</summary>
/// <remarks>
/// As in <see cref="LocalCode"/>, for a map that is not affine: x is one of the 2¹⁴ cells between -0.5 and 0.5, whose ends the map
/// takes to whole fine steps of 2⁻ᵗ cells. Cell k begins at step F(k) and has n = F(k + 1) - F(k) of them:
/// <code>
/// encode   v = F(k) + pop(n);        y = ⌊v / 2ᵗ⌋;            push(v mod 2ᵗ, 2ᵗ)
/// decode   v = y 2ᵗ + pop(2ᵗ);       k: F(k) ≤ v &lt; F(k + 1);   push(v - F(k), n)
/// </code>
/// The net length is t ln 2 - ln n, of the mean slope in the cell. The slope is at least 4 (1 - 2α), so that rounding n costs less
/// than 10⁻⁴ bits for margins of one 2500th and more.
/// </remarks>
internal sealed class LogitCode : ILayerCode
{
    private const int Cells = 1 << LocalCode.GridBits;
    private const int Half = Cells / 2;
    private const long MostSteps = 1 << 16;
    private const int MostFineBits = 12;

    private readonly long[] _first = new long[Cells + 1];
    private readonly int _fineBits;

    /// <summary>The least margin that there is a code for: the first cell becomes 4 units wide.</summary>
    internal const float LeastMargin = 1f / (1 << 19);

    /// <summary>A code for a margin.</summary>
    /// <param name="margin">α, at least <see cref="LeastMargin"/>.</param>
    internal LogitCode(double margin)
    {
        // The widest cell is the first.
        double widest = (Logit(margin, 1) - Logit(margin, 0)) * LocalCode.CellsPerUnit;
        while (_fineBits < MostFineBits && (widest + 1) * (1 << (_fineBits + 1)) < MostSteps)
        {
            _fineBits++;
        }

        for (int k = 0; k <= Cells; k++)
        {
            _first[k] = (long)PortableMath.Round(Logit(margin, k) * LocalCode.CellsPerUnit * (1 << _fineBits));
        }
    }

    public void Encode(ChainBatch batch, ImageShape input) => batch.ForEach((chain, _) =>
    {
        for (int c = 0; c < input.Channels; c++)
        {
            Span<double> plane = chain.Plane(input.PixelsPerImage, c);
            chain.Stack.Reserve(2 * plane.Length);
            for (int p = 0; p < plane.Length; p++)
            {
                double cell = plane[p] + Half;
                if (!(cell >= 0 && cell < Cells))
                {
                    throw new CodingException("a value to take the logit of is out of range");
                }

                int k = (int)cell;
                long v = _first[k] + (long)chain.Stack.PopUniform(p, Steps(k));
                chain.Stack.PushBits(p, (ulong)v & ((1UL << _fineBits) - 1), _fineBits);
                plane[p] = v >> _fineBits;
            }
        }
    });

    public void Decode(ChainBatch batch, ImageShape input) => batch.ForEach((chain, _) =>
    {
        for (int c = input.Channels - 1; c >= 0; c--)
        {
            Span<double> plane = chain.Plane(input.PixelsPerImage, c);
            LocalCode.RequireInRange(plane);
            chain.Stack.Reserve(2 * plane.Length);
            for (int p = plane.Length - 1; p >= 0; p--)
            {
                long v = ((long)plane[p] << _fineBits) + (long)chain.Stack.PopBits(p, _fineBits);
                if (v < _first[0] || v >= _first[Cells])
                {
                    throw new CodingException("a logit is out of range");
                }

                int found = Array.BinarySearch(_first, v);
                int k = found >= 0 ? found : ~found - 1;
                chain.Stack.PushUniform(p, (ulong)(v - _first[k]), Steps(k));
                plane[p] = k - Half;
            }
        }
    });

    private uint Steps(int k) => (uint)(_first[k + 1] - _first[k]);

    /// <summary>The logit of the lower end of a cell.</summary>
    private static double Logit(double margin, int cell)
    {
        double slope = (1 - (2 * margin)) / Cells;
        return PortableMath.Log(margin + (slope * cell)) - PortableMath.Log(margin + (slope * (Cells - cell)));
    }
}
