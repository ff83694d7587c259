using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace FlowEngine.Compression;

/// <summary>A positive factor as a fraction of integers, R · 2⁻ᵗ, R in [2¹⁵, 2¹⁶].</summary>
/// <remarks>
/// It differs from the factor it stands for by at most 2⁻¹⁷ of it. What it codes for is the fraction exactly, so this is
/// a model that much beside the trained one: its cost is of second order, far below 10⁻⁵ bits.
/// </remarks>
/// <param name="Numerator">R.</param>
/// <param name="Shift">t, 0 to 31.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct GridScale(uint Numerator, int Shift)
{
    private const int NumeratorBits = 15;
    private const int MantissaBits = 52;
    private const int DroppedBits = MantissaBits - NumeratorBits;
    private const int ExponentBias = 1023;
    private const double Smallest = 1.0 / (1 << 16);
    private const double Largest = (1 << 16) - 1;

    /// <summary>The factor 1.</summary>
    internal static GridScale One { get; } = From(1);

    /// <summary>The nearest fraction; of factors outside [2⁻¹⁶, 2¹⁶), the nearest end.</summary>
    /// <param name="factor">Any number.</param>
    /// <exception cref="CodingException">It is NaN.</exception>
    internal static GridScale From(double factor)
    {
        GridScale[] scales = new GridScale[Vector512<double>.Count];
        From(Vector512.Create(factor), scales);
        return scales[0];
    }

    /// <summary>The nearest fractions.</summary>
    /// <param name="factors">Eight numbers.</param>
    /// <param name="scales">Where the eight fractions go.</param>
    /// <exception cref="CodingException">One is NaN.</exception>
    internal static void From(Vector512<double> factors, Span<GridScale> scales)
    {
        if (!Vector512.EqualsAll(factors, factors))
        {
            throw new CodingException("a scale is not a number");
        }

        Vector512<double> clamped = Vector512.Min(
            Vector512.Max(factors, Vector512.Create(Smallest)), Vector512.Create(Largest));
        Vector512<ulong> bits = clamped.AsUInt64();
        Vector512<ulong> one = Vector512.Create(1UL << MantissaBits);
        Vector512<ulong> mantissa = (bits & (one - Vector512<ulong>.One)) | one;
        Vector512<ulong> numerator = (mantissa + Vector512.Create(1UL << (DroppedBits - 1))) >> DroppedBits;
        Vector512<ulong> shift = Vector512.Create((ulong)(NumeratorBits + ExponentBias)) - (bits >> MantissaBits);

        // The fields of eight structures, as they lie in memory.
        Vector512<ulong> fields = BitConverter.IsLittleEndian
            ? numerator | (shift << 32)
            : shift | (numerator << 32);
        fields.CopyTo(MemoryMarshal.Cast<GridScale, ulong>(scales));
    }
}
