using FlowEngine.Compression;
using Xunit;

namespace FlowEngine.Tests.Compression;

public class RansStackTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Pushes_undo_pops_and_pops_undo_pushes(int seed)
    {
        Random random = new(seed);
        RansStack stack = new([.. Enumerable.Range(0, 40).Select(RansStack.BorrowedWord)]);
        List<Operation> done = [];
        for (int i = 0; i < 20_000; i++)
        {
            stack.Reserve(2);
            Operation next = Operation.Draw(random, i);
            done.Add(next with { Value = next.Run(stack, next.Value, next.IsPush) });
        }

        // From the state that was reached, by a stack that can borrow nothing.
        RansStack back = RansStack.Restore(stack.States, stack.Words);
        foreach (Operation operation in Enumerable.Reverse(done))
        {
            back.Reserve(2);
            Assert.Equal(operation.Value, operation.Run(back, operation.Value, !operation.IsPush));
        }

        Assert.True(back.IsAtStart);
        uint[] expected = [.. Enumerable.Range(0, stack.Borrowed).Reverse().Select(RansStack.BorrowedWord),
            .. Enumerable.Range(0, 40).Select(RansStack.BorrowedWord)];
        Assert.Equal(expected, back.Words.ToArray());
    }

    [Theory]
    [InlineData(3u)]
    [InlineData(40_000u)]
    [InlineData(65_535u)]
    [InlineData(65_536u)]
    public void A_number_below_a_bound_takes_its_logarithm(uint bound)
    {
        const int Count = 10_000;
        Random random = new(1);
        RansStack stack = new([]);
        stack.Reserve(Count);
        for (int i = 0; i < Count; i++)
        {
            stack.PushUniform(i, (ulong)random.NextInt64(bound), bound);
        }

        double excess = Math.Abs(stack.NetBits - (Count * Math.Log2(bound)));
        Assert.True(excess <= 1e-4 * Count, $"{excess} bits too many or too few");
    }

    [Fact]
    public void An_empty_stack_that_may_not_borrow_says_so()
    {
        RansStack stack = RansStack.Restore(new RansStack([]).States, []);
        Assert.Throws<CodingException>(() => stack.PopBits(0, 16));
    }

    [Fact]
    public void A_state_out_of_its_interval_is_refused()
    {
        ulong[] states = new RansStack([]).States.ToArray();
        states[5] = uint.MaxValue;
        Assert.Throws<CodingException>(() => RansStack.Restore(states, []));
    }

    /// <summary>A push or pop of one of the three kinds.</summary>
    private sealed record Operation(int Element, int Kind, uint Size, bool IsPush, ulong Value)
    {
        private const int TableBits = 20;
        private const int Entries = 1 << 5;

        public static Operation Draw(Random random, int element)
        {
            int kind = random.Next(3);
            uint size = kind switch
            {
                0 => (uint)random.Next(33),
                1 => random.Next(4) == 0 ? (uint)random.Next(1, 10) : (uint)random.Next(1, (1 << 16) + 1),
                _ => Entries,
            };
            ulong range = kind == 0 ? 1UL << (int)size : size;
            return new Operation(element, kind, size, random.Next(2) == 0, (ulong)random.NextInt64((long)range));
        }

        public ulong Run(RansStack stack, ulong value, bool isPush)
        {
            switch (Kind, isPush)
            {
                case (0, true):
                    stack.PushBits(Element, value, (int)Size);
                    return value;
                case (0, false):
                    return stack.PopBits(Element, (int)Size);
                case (1, true):
                    stack.PushUniform(Element, value, Size);
                    return value;
                case (1, false):
                    return stack.PopUniform(Element, Size);
                case (2, true):
                    stack.PushEntry(Element, Start(value), Start(value + 1) - Start(value), TableBits);
                    return value;
                default:
                    uint place = stack.PeekEntry(Element, TableBits);
                    ulong entry = 0;
                    while (Start(entry + 1) <= place)
                    {
                        entry++;
                    }

                    stack.PopEntry(Element, Start(entry), Start(entry + 1) - Start(entry), TableBits);
                    return entry;
            }
        }

        /// <summary>Entries of very different frequencies, the first of frequency 1.</summary>
        private static uint Start(ulong entry) =>
            entry == Entries ? 1u << TableBits : (uint)(entry * entry * entry);
    }
}
