namespace FlowEngine.Anomalies;

/// <summary>What distinguishes the flows of a detector.</summary>
/// <param name="IsBent">Whether columns go through a curve that draws in heavy tails.</param>
/// <param name="Components">The most components of the mixture.</param>
/// <param name="Noise">The standard deviation of the noise on standardized rows.</param>
internal readonly record struct DetectorFlowKind(bool IsBent, int Components, double Noise)
{
    /// <summary>Rows that there are at least for each component.</summary>
    public const int RowsOfComponent = 3;

    /// <summary>The flows of every detector.</summary>
    public static IReadOnlyList<DetectorFlowKind> All { get; } =
        [new(false, 48, 0.2), new(false, 16, 0.5), new(true, 48, 0.2), new(true, 16, 0.5)];
}
