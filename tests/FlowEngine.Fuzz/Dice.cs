namespace FlowEngine.Fuzz;

/// <summary>The choices of one input: the same for the same seed, reader and number of the input.</summary>
internal sealed class Dice
{
    private ulong _state;

    /// <summary>Begins the choices of an input.</summary>
    /// <param name="seed">The seed of the run.</param>
    /// <param name="reader">The reader.</param>
    /// <param name="index">The number of the input.</param>
    public void Begin(ulong seed, string reader, long index)
    {
        _state = seed;
        foreach (char letter in reader)
        {
            _state = Bits() ^ letter;
        }

        _state = Bits() ^ (ulong)index;
        Bits();
    }

    /// <summary>64 bits (SplitMix64).</summary>
    public ulong Bits()
    {
        ulong z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>A number from 0 on, below a bound.</summary>
    public int Below(int bound) => (int)(((Bits() >> 32) * (ulong)bound) >> 32);

    /// <summary>True once in so many times.</summary>
    public bool OneIn(int times) => Below(times) == 0;

    /// <summary>One of several.</summary>
    public T Pick<T>(ReadOnlySpan<T> choices) => choices[Below(choices.Length)];

    /// <summary>One of several.</summary>
    public T Pick<T>(T[] choices) => choices[Below(choices.Length)];

    /// <summary>A number that is small, at an end of a type, or where a product of sizes wraps.</summary>
    public long Odd() => Below(12) switch
    {
        < 5 => Below(9) - 1,
        5 => (1L << Below(63)) - Below(3),
        6 => -(1L << Below(63)) + Below(3),
        7 => Pick([255, 256, 65535, 65536, int.MaxValue, 1L + int.MaxValue, uint.MaxValue, 1L + uint.MaxValue]),
        8 => Pick([long.MaxValue, long.MinValue, 1L << 62, 3L << 61, 0x5555555555555556, 6148914691236517206]),
        9 => (long)Bits(),
        _ => Below(70000),
    };
}
