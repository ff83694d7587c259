namespace FlowEngine.Kernels;

/// <summary>The sizes of a network and what its parameters are: what <see cref="IBackend.GetNetwork"/> makes one from.</summary>
/// <remarks>
/// A new network is a record that derives from this one, with its formulae, and an implementation of
/// <see cref="INetwork"/> in each backend. Parameters, initialization, checkpoints and plans follow from what it says here.
/// </remarks>
/// <param name="InputChannels">I: the first I channels of a pixel are read.</param>
/// <param name="OutputChannels">Channels of the output, O.</param>
/// <param name="Conditions">How many of the input channels, the first ones, are a condition.</param>
/// <exception cref="ArgumentOutOfRangeException">A size is not positive.</exception>
public abstract record NetworkShape(int InputChannels, int OutputChannels, int Conditions)
{
    private protected const int WindowTaps = 9;

    private const int Alignment = 16;

    /// <summary>I.</summary>
    public int InputChannels { get; init; } = Positive(InputChannels, nameof(InputChannels));

    /// <summary>O.</summary>
    public int OutputChannels { get; init; } = Positive(OutputChannels, nameof(OutputChannels));

    /// <summary>
    /// The parameters, in the order in which they lie in one array; each starts on a multiple of 16 elements.
    /// </summary>
    public abstract IEnumerable<NetworkParameter> Parameters { get; }

    /// <summary>The length of the array of parameters, or of their gradients.</summary>
    public abstract long ParametersLength { get; }

    /// <summary>Multiplications of one pixel forward.</summary>
    public abstract long Multiplications { get; }

    /// <summary>What a parameter takes of the array, with the gap after it.</summary>
    /// <param name="length">Its elements.</param>
    internal static long Aligned(long length) => (length + Alignment - 1) / Alignment * Alignment;

    private protected static int Positive(int size, string name)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size, name);
        return size;
    }
}
