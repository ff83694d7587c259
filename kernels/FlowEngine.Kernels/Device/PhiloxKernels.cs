namespace FlowEngine.Kernels.Device;

/// <summary>
/// Random numbers by Philox4x32-10. A thread computes a block of four words and writes what comes of it.
/// </summary>
internal static partial class PhiloxKernels
{
    private const int BlockSize = 128;
    private const int Rounds = 10;
    private const uint Multiplier0 = 0xD2511F53;
    private const uint Multiplier1 = 0xCD9E8D57;
    private const uint Weyl0 = 0x9E3779B9;
    private const uint Weyl1 = 0xBB67AE85;
    private const float TwoToMinus24 = 5.96046448e-8f;
    private const float TwoToMinus32 = 2.32830644e-10f;
    private const float BelowOne = 0.99999994f;
    private const float LevelMargin = 6.10351563e-5f;

    /// <summary>A stream of numbers.</summary>
    /// <param name="KeyLow">The key's low word.</param>
    /// <param name="KeyHigh">The key's high word.</param>
    /// <param name="Epoch">Counter word 2.</param>
    /// <param name="Purpose">Counter word 3.</param>
    public readonly record struct Key(uint KeyLow, uint KeyHigh, uint Epoch, uint Purpose);

    // destination (items, elements): the high 24 bits of a word.
    [Kernel(BlockSize)]
    private static void Uniform(
        ReadOnlyGlobalView<uint> indices, GlobalView<float> destination, Key key, int items, int elements)
    {
        long item = Grid.GlobalIndexX / ((elements + 3) / 4);
        int block = (int)(Grid.GlobalIndexX % ((elements + 3) / 4));
        if (item < items)
        {
            var words = new LocalArray<uint>(4);
            Block(words, (uint)block, indices[item], key);
            for (int i = 0; i < 4; i++)
            {
                Loop.Unroll();
                if ((4 * block) + i < elements)
                {
                    destination[(item * elements) + (4 * block) + i] = UnitInterval(words[i]);
                }
            }
        }
    }

    // destination (items, elements): Box-Muller on the words in pairs.
    [Kernel(BlockSize)]
    private static void Normal(
        ReadOnlyGlobalView<uint> indices, GlobalView<float> destination, Key key, int items, int elements)
    {
        long item = Grid.GlobalIndexX / ((elements + 3) / 4);
        int block = (int)(Grid.GlobalIndexX % ((elements + 3) / 4));
        if (item < items)
        {
            var words = new LocalArray<uint>(4);
            Block(words, (uint)block, indices[item], key);
            for (int i = 0; i < 4; i += 2)
            {
                Loop.Unroll();
                float u = XMath.Min((float)(((double)words[i] + 0.5) * (double)TwoToMinus32), BelowOne);
                float radius = XMath.Sqrt(-2.0f * XMath.Log(u));
                float turns = UnitInterval(words[i + 1]);
                long place = (item * elements) + (4 * block) + i;
                if ((4 * block) + i < elements)
                {
                    destination[place] = radius * XMath.CosTurns(turns);
                }

                if ((4 * block) + i + 1 < elements)
                {
                    destination[place + 1] = radius * XMath.SinTurns(turns);
                }
            }
        }
    }

    // x = fma(level + u, 1 / bins, -½).
    [Kernel(BlockSize)]
    private static void Dequantize(
        ReadOnlyGlobalView<byte> levels,
        ReadOnlyGlobalView<uint> indices,
        GlobalView<float> x,
        Key key,
        int items,
        int elements,
        float binWidth) => Scale(levels, indices, x, key, items, elements, binWidth);

    // The same with the key's words in memory, so that one recorded launch serves every step.
    [Kernel(BlockSize)]
    private static void DequantizeInput(
        ReadOnlyGlobalView<uint> key,
        ReadOnlyGlobalView<byte> levels,
        ReadOnlyGlobalView<uint> indices,
        GlobalView<float> x,
        int items,
        int elements,
        float binWidth) =>
        Scale(levels, indices, x, new Key(key[0], key[1], key[2], key[3]), items, elements, binWidth);

    private static void Scale(
        ReadOnlyGlobalView<byte> levels,
        ReadOnlyGlobalView<uint> indices,
        GlobalView<float> x,
        Key key,
        int items,
        int elements,
        float binWidth)
    {
        long item = Grid.GlobalIndexX / ((elements + 3) / 4);
        int block = (int)(Grid.GlobalIndexX % ((elements + 3) / 4));
        if (item < items)
        {
            var words = new LocalArray<uint>(4);
            Block(words, (uint)block, indices[item], key);
            for (int i = 0; i < 4; i++)
            {
                Loop.Unroll();
                if ((4 * block) + i < elements)
                {
                    long place = (item * elements) + (4 * block) + i;
                    float u = XMath.Min(XMath.Max(UnitInterval(words[i]), LevelMargin), 1.0f - LevelMargin);
                    x[place] = XMath.Fma((float)levels[place] + u, binWidth, -0.5f);
                }
            }
        }
    }

    private static float UnitInterval(uint word) => (float)(word >> 8) * TwoToMinus24;

    // The words of the block at counter (block, index, epoch, purpose).
    private static void Block(LocalArray<uint> words, uint block, uint index, Key key)
    {
        uint c0 = block;
        uint c1 = index;
        uint c2 = key.Epoch;
        uint c3 = key.Purpose;
        uint k0 = key.KeyLow;
        uint k1 = key.KeyHigh;
        for (int round = 0; round < Rounds; round++)
        {
            Loop.Unroll();
            ulong product0 = (ulong)Multiplier0 * c0;
            ulong product1 = (ulong)Multiplier1 * c2;
            c0 = (uint)(product1 >> 32) ^ c1 ^ k0;
            c2 = (uint)(product0 >> 32) ^ c3 ^ k1;
            c1 = (uint)product1;
            c3 = (uint)product0;
            k0 += Weyl0;
            k1 += Weyl1;
        }

        words[0] = c0;
        words[1] = c1;
        words[2] = c2;
        words[3] = c3;
    }
}
