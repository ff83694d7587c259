namespace FlowEngine.Kernels;

/// <summary>
/// A monotonic map of one value, with a few raw numbers of its own that a network gives: what <see cref="ISplines"/> apply.
/// </summary>
public abstract record MonotonicMap
{
    private protected MonotonicMap()
    {
    }

    /// <summary>Raw numbers of one value, R.</summary>
    public abstract int ParametersLength { get; }

    /// <summary>Raw numbers of a batch, (B, n, R).</summary>
    /// <param name="shape">The shape of x and y.</param>
    /// <param name="passing">D - n.</param>
    public long OutputLength(ImageShape shape, int passing) =>
        (long)shape.Batch * (shape.Dims - passing) * ParametersLength;
}
