using FlowEngine.Kernels.Device;

namespace FlowEngine.Conformance.Kernels;

/// <summary>Philox4x32-10 (Salmon, Moraes, Dror and Shaw 2011): four random words of a counter and a key.</summary>
public static partial class PhiloxBlocks
{
    private const int BlockSize = 128;
    private const int Rounds = 10;
    private const uint Multiplier0 = 0xD2511F53;
    private const uint Multiplier1 = 0xCD9E8D57;
    private const uint Weyl0 = 0x9E3779B9;
    private const uint Weyl1 = 0xBB67AE85;

    /// <summary>What the words depend on besides their place.</summary>
    /// <param name="KeyLow">The key's low word.</param>
    /// <param name="KeyHigh">The key's high word.</param>
    /// <param name="Index">Counter word 1.</param>
    /// <param name="Epoch">Counter word 2.</param>
    /// <param name="Purpose">Counter word 3.</param>
    public readonly record struct Stream(uint KeyLow, uint KeyHigh, uint Index, uint Epoch, uint Purpose);

    // words[4 i ..] = the block at counter (i, index, epoch, purpose).
    [Kernel(BlockSize)]
    private static void Fill(GlobalView<uint> words, Stream stream, int blocks)
    {
        long block = Grid.GlobalIndexX;
        if (block >= blocks)
        {
            return;
        }

        uint c0 = (uint)block;
        uint c1 = stream.Index;
        uint c2 = stream.Epoch;
        uint c3 = stream.Purpose;
        uint k0 = stream.KeyLow;
        uint k1 = stream.KeyHigh;
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

        words[4 * block] = c0;
        words[(4 * block) + 1] = c1;
        words[(4 * block) + 2] = c2;
        words[(4 * block) + 3] = c3;
    }
}
