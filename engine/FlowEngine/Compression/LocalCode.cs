using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace FlowEngine.Compression;

/// <summary>Local bits-back coding of one affine map, y = a (x + b), of the numbers of a plane.</summary>
/// <remarks>
/// <para>
/// Ho, Lohn and Abbeel, "Compression with Flows via Local Bits-Back Coding" (2019): a number is known as a cell of a grid
/// of width δ, and a map y = f(x) is coded by popping the cell of y from a distribution around f(x), then pushing the
/// cell of x from a distribution around f⁻¹(y). The bits that the pop takes come back when the decoder pushes them, so
/// the net length is that of the change of variables.
/// </para>
/// <para>
/// Given what conditions it, each map of a Glow is affine in one number at a time, and for such a map a local
/// distribution that is uniform is exact, where the paper's Gaussian needs a wide neighborhood to be near. Spread x
/// evenly over its cell. With a = R / 2ᵗ the image of the cell is R parts of 2⁻ᵗ cells:
/// <code>
/// encode   r = pop(R);    v = x R + r;    y = ⌊v / 2ᵗ⌋;   push(v mod 2ᵗ, 2ᵗ)
/// decode   s = pop(2ᵗ);   v = y 2ᵗ + s;   x = ⌊v / R⌋;    push(v mod R, R)
/// </code>
/// P(y | x) is the share of the image of x's cell that lies in y's cell, P(x | y) the share of y's cell that it fills;
/// their ratio is a. So the net length is t ln 2 - ln R = -ln a nats for every x, without variance or loss. (The same
/// integers make the modular scale transform of Zhang, Zhang and Kang 2021, "iFlow".) The noise is one cell instead of a
/// Gaussian of many, so the grid can be coarse, and with it few bits are needed to begin a block.
/// </para>
/// <para>
/// A shift is rounded to the grid, which costs nothing and loses nothing. Values of magnitude 2³¹ cells, 131072, are out
/// of range.
/// </para>
/// </remarks>
internal static class LocalCode
{
    /// <summary>
    /// δ = 2⁻¹⁴. Of 2⁻¹⁴ to 2⁻²⁰ the lengths are within 0.0002 bits per dimension of each other on CIFAR-10 and 0.005 on
    /// MNIST; 2⁻¹² costs 0.001 to 0.002 and 2⁻¹⁰ up to 0.08 (perf/README.md).
    /// </summary>
    internal const int GridBits = 14;

    /// <summary>1 / δ.</summary>
    internal const double CellsPerUnit = 1 << GridBits;

    private const double Limit = 1L << 31;

    /// <summary>x to y = a x.</summary>
    /// <param name="stack">Gives and takes the position inside cells.</param>
    /// <param name="plane">Cells, replaced.</param>
    /// <param name="scales">a, for each cell.</param>
    /// <exception cref="CodingException">A cell is out of range.</exception>
    internal static void Scale(RansStack stack, Span<double> plane, ReadOnlySpan<GridScale> scales)
    {
        RequireInRange(plane);
        stack.Reserve(2 * plane.Length);
        for (int p = 0; p < plane.Length; p++)
        {
            (uint numerator, int shift) = scales[p];
            long v = ((long)plane[p] * numerator) + (long)stack.PopUniform(p, numerator);
            stack.PushBits(p, (ulong)v & ((1UL << shift) - 1), shift);
            plane[p] = v >> shift;
        }
    }

    /// <summary>y to x = y / a: the reverse of <see cref="Scale"/>, in reverse order.</summary>
    internal static void Unscale(RansStack stack, Span<double> plane, ReadOnlySpan<GridScale> scales)
    {
        RequireInRange(plane);
        stack.Reserve(2 * plane.Length);
        for (int p = plane.Length - 1; p >= 0; p--)
        {
            (uint numerator, int shift) = scales[p];
            long v = ((long)plane[p] << shift) + (long)stack.PopBits(p, shift);
            long x = Math.DivRem(v, numerator, out long r);
            if (r < 0)
            {
                x--;
                r += numerator;
            }

            stack.PushUniform(p, (ulong)r, numerator);
            plane[p] = x;
        }
    }

    /// <summary>Moves every cell by a whole number of cells.</summary>
    internal static void Add(Span<double> plane, ReadOnlySpan<double> cells)
    {
        for (int p = 0; p < plane.Length; p++)
        {
            plane[p] += cells[p];
        }
    }

    /// <summary>The reverse of <see cref="Add(Span{double}, ReadOnlySpan{double})"/>.</summary>
    internal static void Subtract(Span<double> plane, ReadOnlySpan<double> cells)
    {
        for (int p = 0; p < plane.Length; p++)
        {
            plane[p] -= cells[p];
        }
    }

    /// <summary>Moves every cell by the same whole number of cells.</summary>
    internal static void Add(Span<double> plane, double cells)
    {
        foreach (ref double cell in plane)
        {
            cell += cells;
        }
    }

    /// <summary>x to -x: the interval [n, n + 1) becomes (-n - 1, -n]. Its own reverse.</summary>
    internal static void Negate(Span<double> plane)
    {
        foreach (ref double cell in plane)
        {
            cell = -1 - cell;
        }
    }

    /// <summary>sum += factor · (the middles of the cells): one product and one sum a cell, in this order everywhere.</summary>
    internal static void AddScaled(Span<double> sum, ReadOnlySpan<double> plane, double factor)
    {
        ReadOnlySpan<Vector512<double>> cells = MemoryMarshal.Cast<double, Vector512<double>>(plane);
        Span<Vector512<double>> sums = MemoryMarshal.Cast<double, Vector512<double>>(sum);
        Vector512<double> half = Vector512.Create(0.5);
        Vector512<double> factors = Vector512.Create(factor);
        for (int i = 0; i < cells.Length; i++)
        {
            sums[i] += (cells[i] + half) * factors;
        }

        for (int p = cells.Length * Vector512<double>.Count; p < plane.Length; p++)
        {
            sum[p] += (plane[p] + 0.5) * factor;
        }
    }

    /// <summary>Rounds to whole cells.</summary>
    internal static void Round(Span<double> cells)
    {
        foreach (ref double cell in cells)
        {
            cell = PortableMath.Round(cell);
        }
    }

    /// <summary>Checks that every cell is a number within the range, which is also where doubles hold it exactly.</summary>
    /// <exception cref="CodingException">One is not.</exception>
    internal static void RequireInRange(ReadOnlySpan<double> cells)
    {
        bool isInRange = true;
        foreach (double cell in cells)
        {
            isInRange &= Math.Abs(cell) < Limit;
        }

        if (!isInRange)
        {
            throw new CodingException($"a value reaches {Limit / CellsPerUnit}");
        }
    }
}
