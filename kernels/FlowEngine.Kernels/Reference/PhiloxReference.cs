namespace FlowEngine.Kernels.Reference;

/// <summary>The numbers of the Philox streams of <see cref="IBackend"/>, one at a time, in double.</summary>
public static class PhiloxReference
{
    private const double TwoToMinus24 = 1.0 / (1 << 24);
    private const double TwoToMinus32 = 1.0 / (1L << 32);

    /// <summary>An element of an item of a uniform stream, in [0, 1).</summary>
    /// <param name="key">The stream.</param>
    /// <param name="index">The item.</param>
    /// <param name="element">The element.</param>
    public static double Uniform(PhiloxKey key, uint index, int element) => Uniform(Word(key, index, element));

    /// <summary>An element of an item of a standard normal stream, by the transform of Box and Muller.</summary>
    /// <typeparam name="T">float, or double: what the uniform number below the logarithm is rounded to.</typeparam>
    /// <param name="key">The stream.</param>
    /// <param name="index">The item.</param>
    /// <param name="element">The element.</param>
    public static double Normal<T>(PhiloxKey key, uint index, int element)
    {
        int pair = element - (element % 2);
        double u = (Word(key, index, pair) + 0.5) * TwoToMinus32;

        // The largest float32 below 1 is 1 - 2⁻²⁴; in float64 nothing rounds to 1.
        u = typeof(T) == typeof(float) ? Math.Min((float)u, MathF.BitDecrement(1)) : u;
        double radius = Math.Sqrt(-2 * Math.Log(u));
        (double sin, double cos) = Math.SinCos(2 * Math.PI * Uniform(Word(key, index, pair + 1)));
        return radius * (element == pair ? cos : sin);
    }

    /// <summary>One block of Philox4x32-10.</summary>
    /// <param name="counter">The counter, word 0 first; replaced by the four random words.</param>
    /// <param name="seed">The key: low word first.</param>
    internal static void Block(Span<uint> counter, ulong seed)
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
        Block(block, key.Seed);
        return block[element % 4];
    }

    private static double Uniform(uint word) => (word >> 8) * TwoToMinus24;
}
