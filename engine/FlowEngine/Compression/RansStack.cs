using System.Runtime.CompilerServices;

using FlowEngine.Tensors;

namespace FlowEngine.Compression;

/// <summary>
/// A stack of bits on which numbers of any uniform or tabulated distribution are pushed and popped: asymmetric numeral
/// systems (Duda 2009) with eight interleaved states of 64 bits over one stack of 32-bit words.
/// </summary>
/// <remarks>
/// <para>
/// A state s lies in I = [2³², 2⁶⁴). Every operation is a bijection of (state, words), and each push undoes the pop of
/// the same distribution exactly, whichever comes first: bits-back coding needs both orders.
/// </para>
/// <para>
/// A number below R that does not divide 2³² needs its own interval I_R = [B, B·2³²), B = R·⌊2³²/R⌋: a state at or above
/// B·2³² first gives its low word to the stack. Then with m = ⌊2³²/R⌋
/// <code>
/// pop    r = s mod R, s ← ⌊s / R⌋ in [m, m·2³²);  below 2³² a word comes in: [m·2³², 2⁶⁴), else [2³², m·2³²)
/// push   at or above m·2³² the low word goes out;  s ← s·R + r;  below 2³² a word comes in
/// </code>
/// and no rounding of probabilities remains. Powers of two and table entries out of 2ᵖ divide 2³² and need none of this.
/// </para>
/// <para>
/// Neighboring elements use neighboring states, so that the long latencies of the divisions overlap.
/// </para>
/// </remarks>
internal sealed class RansStack
{
    /// <summary>The number of interleaved states, a power of two.</summary>
    internal const int Lanes = 8;

    private const ulong StateFloor = 1UL << 32;

    private readonly ulong[] _states = new ulong[Lanes];
    private readonly bool _mayBorrow;
    private uint[] _words;
    private int _count;

    /// <summary>A stack to begin a block with.</summary>
    /// <param name="words">Its words, the last on top.</param>
    internal RansStack(ReadOnlySpan<uint> words)
        : this(words, mayBorrow: true) => _states.AsSpan().Fill(StateFloor);

    private RansStack(ReadOnlySpan<uint> words, bool mayBorrow)
    {
        _mayBorrow = mayBorrow;
        _words = new uint[words.Length + Lanes];
        _count = words.Length;
        words.CopyTo(_words);
    }

    /// <summary>The states.</summary>
    internal ReadOnlySpan<ulong> States => _states;

    /// <summary>The words, the last on top.</summary>
    internal ReadOnlySpan<uint> Words => _words.AsSpan(0, _count);

    /// <summary>Words that were popped from below the bottom.</summary>
    internal int Borrowed { get; private set; }

    /// <summary>True if every state is what a block begins with.</summary>
    internal bool IsAtStart => !_states.AsSpan().ContainsAnyExcept(StateFloor);

    /// <summary>Bits that the stack holds beyond those borrowed.</summary>
    internal double NetBits
    {
        get
        {
            double bits = 32.0 * (_count - Borrowed);
            foreach (ulong state in _states)
            {
                bits += Math.Log2(state) - 32;
            }

            return bits;
        }
    }

    /// <summary>The stack a block ended with; nothing can be borrowed.</summary>
    /// <exception cref="CodingException">A state is out of its interval.</exception>
    internal static RansStack Restore(ReadOnlySpan<ulong> states, ReadOnlySpan<uint> words)
    {
        if (states.ContainsAnyInRange(0UL, StateFloor - 1))
        {
            throw new CodingException("a state is out of its range");
        }

        RansStack stack = new(words, mayBorrow: false);
        states.CopyTo(stack._states);
        return stack;
    }

    /// <summary>Word i of those below the bottom: a fixed random stream.</summary>
    internal static uint BorrowedWord(int i) => (uint)(SplitMix64.At(0, (ulong)i) >> 32);

    /// <summary>Makes room for pushes of so many numbers.</summary>
    internal void Reserve(int numbers)
    {
        // A push gives at most one word to the stack, and so does a pop of a number below R.
        if (_words.Length - _count < numbers)
        {
            Array.Resize(ref _words, Math.Max(2 * _words.Length, _count + numbers));
        }
    }

    /// <summary>Pushes a number of some bits.</summary>
    /// <param name="element">Which element of an array it belongs to.</param>
    /// <param name="value">Below 2^bits.</param>
    /// <param name="bits">0 to 32.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void PushBits(int element, ulong value, int bits)
    {
        ref ulong state = ref State(element);
        ulong s = state;
        if ((s >> 32) >> (32 - bits) != 0)
        {
            PushWord((uint)s);
            s >>= 32;
        }

        state = (s << bits) | value;
    }

    /// <summary>Pops a number of some bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ulong PopBits(int element, int bits)
    {
        ref ulong state = ref State(element);
        ulong s = state;
        ulong value = s & ((1UL << bits) - 1);
        s >>= bits;
        state = s < StateFloor ? (s << 32) | PopWord() : s;
        return value;
    }

    /// <summary>Pushes a number below a bound.</summary>
    /// <param name="element">Which element of an array it belongs to.</param>
    /// <param name="value">Below the bound.</param>
    /// <param name="bound">R, 1 to 2¹⁶.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void PushUniform(int element, ulong value, uint bound)
    {
        ref ulong state = ref State(element);
        ulong s = state;

        // The high word is at least ⌊2³²/R⌋.
        if (((s >> 32) + 1) * bound > StateFloor)
        {
            PushWord((uint)s);
            s >>= 32;
        }

        s = (s * bound) + value;
        state = s < StateFloor ? (s << 32) | PopWord() : s;
    }

    /// <summary>Pops a number below a bound.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ulong PopUniform(int element, uint bound)
    {
        ref ulong state = ref State(element);
        ulong s = state;

        // At or above B·2³², which is 2⁶⁴ less at most 2¹⁶·2³².
        if (s >= 0xFFFF_0000_0000_0000 && (s >> 32) + (StateFloor % bound) >= StateFloor)
        {
            PushWord((uint)s);
            s >>= 32;
        }

        ulong quotient = s / bound;
        state = quotient < StateFloor ? (quotient << 32) | PopWord() : quotient;
        return s - (quotient * bound);
    }

    /// <summary>Pushes an entry of a table.</summary>
    /// <param name="element">Which element of an array it belongs to.</param>
    /// <param name="start">The sum of the frequencies before it.</param>
    /// <param name="frequency">Its frequency.</param>
    /// <param name="totalBits">p: the frequencies sum to 2ᵖ.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void PushEntry(int element, uint start, uint frequency, int totalBits)
    {
        ref ulong state = ref State(element);
        ulong s = state;
        if (s >> 32 >= (ulong)frequency << (32 - totalBits))
        {
            PushWord((uint)s);
            s >>= 32;
        }

        ulong quotient = s / frequency;
        state = (quotient << totalBits) + (s - (quotient * frequency)) + start;
    }

    /// <summary>The place in a table of the entry that would be popped, below 2ᵖ.</summary>
    internal uint PeekEntry(int element, int totalBits) => (uint)(State(element) & ((1UL << totalBits) - 1));

    /// <summary>Pops the entry found at <see cref="PeekEntry"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void PopEntry(int element, uint start, uint frequency, int totalBits)
    {
        ref ulong state = ref State(element);
        uint place = PeekEntry(element, totalBits);
        ulong s = (frequency * (state >> totalBits)) + place - start;
        state = s < StateFloor ? (s << 32) | PopWord() : s;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref ulong State(int element) => ref _states[element & (Lanes - 1)];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void PushWord(uint word) => _words[_count++] = word;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint PopWord() => _count > 0 ? _words[--_count] : Borrow();

    private uint Borrow() => _mayBorrow
        ? BorrowedWord(Borrowed++)
        : throw new CodingException("the stack is empty");
}
