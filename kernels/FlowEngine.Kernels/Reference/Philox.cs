namespace FlowEngine.Kernels.Reference;

public sealed partial class ReferenceBackend<T>
{
    private const double TwoToMinus24 = 1.0 / (1 << 24);
    private const double TwoToMinus32 = 1.0 / (1L << 32);
    private const double LevelMargin = 1.0 / (1 << 14);

    /// <inheritdoc/>
    public void PhiloxUniform(PhiloxKey key, ReadOnlySpan<uint> indices, int elements, BufferView destination)
    {
        Span<T> to = Elements(destination, (long)indices.Length * elements);
        for (int i = 0; i < to.Length; i++)
        {
            to[i] = Round(Uniform(Word(key, indices[i / elements], i % elements)));
        }
    }

    /// <inheritdoc/>
    public void PhiloxNormal(PhiloxKey key, ReadOnlySpan<uint> indices, int elements, BufferView destination)
    {
        Span<T> to = Elements(destination, (long)indices.Length * elements);
        for (int i = 0; i < to.Length; i++)
        {
            int element = i % elements;
            int pair = element - (element % 2);
            uint first = Word(key, indices[i / elements], pair);
            uint second = Word(key, indices[i / elements], pair + 1);

            // The largest float32 below 1 is 1 - 2⁻²⁴; in float64 nothing rounds to 1.
            double largest = typeof(T) == typeof(float) ? MathF.BitDecrement(1) : Math.BitDecrement(1);
            double u = Math.Min(Wide(Round((first + 0.5) * TwoToMinus32)), largest);
            double radius = Math.Sqrt(-2 * Math.Log(u));
            (double sin, double cos) = Math.SinCos(2 * Math.PI * Uniform(second));
            to[i] = Round(radius * (element == pair ? cos : sin));
        }
    }

    /// <inheritdoc/>
    public override void Dequantize(
        PhiloxKey key, ReadOnlySpan<byte> levels, ReadOnlySpan<uint> indices, int bins, BufferView x)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bins, 256);
        Span<T> to = Elements(x, levels.Length);
        int elements = indices.Length == 0 ? 0 : levels.Length / indices.Length;
        T binWidth = Round(1.0 / bins);
        for (int i = 0; i < to.Length; i++)
        {
            double u = Uniform(Word(key, indices[i / elements], i % elements));
            T position = Round(levels[i] + Math.Clamp(u, LevelMargin, 1 - LevelMargin));
            to[i] = T.FusedMultiplyAdd(position, binWidth, Round(-0.5));
        }
    }

    /// <summary>One block of Philox4x32-10.</summary>
    /// <param name="counter">The counter, word 0 first; replaced by the four random words.</param>
    /// <param name="seed">The key: low word first.</param>
    internal static void PhiloxBlock(Span<uint> counter, ulong seed)
    {
        uint key0 = (uint)seed;
        uint key1 = (uint)(seed >> 32);
        for (int round = 0; round < 10; round++)
        {
            ulong product0 = 0xD2511F53UL * counter[0];
            ulong product1 = 0xCD9E8D57UL * counter[2];
            uint word0 = (uint)(product1 >> 32) ^ counter[1] ^ key0;
            uint word2 = (uint)(product0 >> 32) ^ counter[3] ^ key1;
            counter[0] = word0;
            counter[1] = (uint)product1;
            counter[2] = word2;
            counter[3] = (uint)product0;

            // The key schedule is a Weyl sequence: the golden ratio and the root of 3, as binary fractions.
            key0 += 0x9E3779B9;
            key1 += 0xBB67AE85;
        }
    }

    private static uint Word(PhiloxKey key, uint index, int element)
    {
        Span<uint> block = [(uint)element / 4, index, key.Epoch, key.Purpose];
        PhiloxBlock(block, key.Seed);
        return block[element % 4];
    }

    private static double Uniform(uint word) => (word >> 8) * TwoToMinus24;
}
