using FlowEngine.Kernels.Reference;
using Xunit;

namespace FlowEngine.Tests.Backends;

/// <summary>The known answers that Random123 publishes for philox4x32-10.</summary>
public sealed class PhiloxBlockTests
{
    [Theory]
    [InlineData("00000000 00000000 00000000 00000000", 0UL, "6627e8d5 e169c58d bc57ac4c 9b00dbd8")]
    [InlineData("ffffffff ffffffff ffffffff ffffffff", ulong.MaxValue, "408f276d 41c83b0e a20bc7c6 6d5451fd")]
    [InlineData(
        "243f6a88 85a308d3 13198a2e 03707344", 0x299f31d0_a4093822UL, "d16cfe09 94fdcceb 5001e420 24126ea1")]
    public void A_block_is_the_known_answer(string counter, ulong seed, string expected)
    {
        uint[] block = Words(counter);
        PhiloxReference.Block(block, seed);
        Assert.Equal(Words(expected), block);
    }

    private static uint[] Words(string text) => [.. text.Split(' ').Select(word => Convert.ToUInt32(word, 16))];
}
