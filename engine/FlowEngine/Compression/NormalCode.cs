namespace FlowEngine.Compression;

/// <summary>A standard normal number on the grid: the table of a coarser grid, then the place inside its cell.</summary>
/// <remarks>
/// The table has intervals of 1/32 on [-8, 8), out of 2²⁴, each at least 1. Inside an interval all cells count the same:
/// that costs E[x²] / 32² / 24 = 4·10⁻⁵ nats a number, since the density changes by a factor e^(x/32) across it. What
/// lies outside is one more entry, followed by the cell itself in 32 bits.
/// </remarks>
internal static class NormalCode
{
    private const int TotalBits = 24;
    private const int IntervalsPerUnit = 32;
    private const int Reach = 8;
    private const int Intervals = 2 * Reach * IntervalsPerUnit;
    private const int Outside = Intervals;
    private const int PlaceBits = LocalCode.GridBits - 5;
    private const int GuideBits = 10;

    private static readonly uint[] _starts = Starts();

    /// <summary>The entry at the beginning of each of 2¹⁰ equal parts of the table.</summary>
    private static readonly ushort[] _guide = Guide();

    /// <summary>Pushes the cells of a plane.</summary>
    /// <exception cref="CodingException">A cell is out of range.</exception>
    internal static void Encode(RansStack stack, ReadOnlySpan<double> plane)
    {
        LocalCode.RequireInRange(plane);
        stack.Reserve(2 * plane.Length);
        for (int p = 0; p < plane.Length; p++)
        {
            int cell = (int)plane[p];
            int entry = (cell >> PlaceBits) + (Intervals / 2);
            if ((uint)entry < Intervals)
            {
                stack.PushBits(p, (ulong)cell & ((1UL << PlaceBits) - 1), PlaceBits);
            }
            else
            {
                entry = Outside;
                stack.PushBits(p, (uint)cell, 32);
            }

            stack.PushEntry(p, _starts[entry], _starts[entry + 1] - _starts[entry], TotalBits);
        }
    }

    /// <summary>Pops the cells of a plane.</summary>
    internal static void Decode(RansStack stack, Span<double> plane)
    {
        stack.Reserve(2 * plane.Length);
        for (int p = plane.Length - 1; p >= 0; p--)
        {
            uint place = stack.PeekEntry(p, TotalBits);
            int entry = _guide[place >> (TotalBits - GuideBits)];
            while (_starts[entry + 1] <= place)
            {
                entry++;
            }

            stack.PopEntry(p, _starts[entry], _starts[entry + 1] - _starts[entry], TotalBits);
            plane[p] = entry == Outside
                ? (int)(uint)stack.PopBits(p, 32)
                : ((entry - (Intervals / 2)) << PlaceBits) + (int)stack.PopBits(p, PlaceBits);
        }
    }

    /// <summary>The sums of the frequencies before each entry, and their total.</summary>
    private static uint[] Starts()
    {
        uint[] frequencies = new uint[Intervals + 1];
        frequencies[Outside] = 1;
        uint sum = 1;
        for (int i = 0; i < Intervals; i++)
        {
            double left = PortableMath.NormalDistribution(((double)i / IntervalsPerUnit) - Reach);
            double right = PortableMath.NormalDistribution(((i + 1.0) / IntervalsPerUnit) - Reach);
            frequencies[i] = (uint)Math.Max(1, PortableMath.Round((right - left) * (1 << TotalBits)));
            sum += frequencies[i];
        }

        // The rest, a few hundred of either sign, goes to the likeliest.
        frequencies[Intervals / 2] += (1u << TotalBits) - sum;
        uint[] starts = new uint[Intervals + 2];
        for (int i = 0; i <= Intervals; i++)
        {
            starts[i + 1] = starts[i] + frequencies[i];
        }

        return starts;
    }

    private static ushort[] Guide()
    {
        ushort[] guide = new ushort[1 << GuideBits];
        int entry = 0;
        for (int i = 0; i < guide.Length; i++)
        {
            while (_starts[entry + 1] <= (uint)i << (TotalBits - GuideBits))
            {
                entry++;
            }

            guide[i] = (ushort)entry;
        }

        return guide;
    }
}
