namespace FlowEngine.Kernels;

/// <summary>One array among the parameters of a network.</summary>
/// <param name="Name">Its path inside the network, as checkpoints have it, such as <c>conv1.weight</c>.</param>
/// <param name="Sizes">Its sizes in memory, the last one contiguous.</param>
public sealed record NetworkParameter(string Name, int[] Sizes)
{
    /// <summary>Its elements.</summary>
    public int Length => Sizes.Aggregate(1, (product, size) => checked(product * size));

    /// <summary>The axes of <see cref="Sizes"/> in the order of files; null for the same order.</summary>
    public int[]? FileAxes { get; init; }

    /// <summary>What every element starts from.</summary>
    public double Start { get; init; }

    /// <summary>The deviation of the normal numbers an element starts from, by its index; null to start from
    /// <see cref="Start"/>.</summary>
    public Func<int, double>? Deviation { get; init; }
}
