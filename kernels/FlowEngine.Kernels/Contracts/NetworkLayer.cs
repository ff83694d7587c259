namespace FlowEngine.Kernels;

/// <summary>One linear map of a <see cref="LayeredNetworkShape"/>: some rows of what it reads to its outputs.</summary>
/// <param name="Name">Its path inside the network.</param>
/// <param name="FirstInput">The first value it reads of an array.</param>
/// <param name="Inputs">How many it reads.</param>
/// <param name="Outputs">How many it makes.</param>
/// <param name="WeightOffset">Where its weight, (out, in), starts among the parameters.</param>
/// <param name="BiasOffset">Where its bias, (out), starts among the parameters.</param>
internal sealed record NetworkLayer(
    string Name, int FirstInput, int Inputs, int Outputs, long WeightOffset, long BiasOffset)
{
    /// <summary>The degrees of what it reads; null where it reads all.</summary>
    public IReadOnlyList<int>? InputDegrees { get; init; }

    /// <summary>The degrees of its units.</summary>
    public IReadOnlyList<int>? OutputDegrees { get; init; }

    /// <summary>The deviation its weight starts from, times √(1/n), n the inputs a unit reads.</summary>
    public double Start { get; init; }

    /// <summary>True if a unit reads an input.</summary>
    /// <param name="unit">0 to <see cref="Outputs"/> - 1.</param>
    /// <param name="input">0 to <see cref="Inputs"/> - 1.</param>
    public bool Reads(int unit, int input) => InputDegrees is null || InputDegrees[input] <= OutputDegrees![unit];

    /// <summary>How many inputs a unit reads.</summary>
    /// <param name="unit">0 to <see cref="Outputs"/> - 1.</param>
    public int ReadsOf(int unit)
    {
        int count = 0;
        for (int input = 0; input < Inputs; input++)
        {
            count += Reads(unit, input) ? 1 : 0;
        }

        return count;
    }
}
