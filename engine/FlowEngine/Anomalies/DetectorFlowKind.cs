namespace FlowEngine.Anomalies;

/// <summary>What distinguishes the flows of a detector.</summary>
/// <param name="IsBent">Whether columns go through a curve that draws in heavy tails.</param>
/// <param name="Components">The components of the mixture, fewer in tables of few rows.</param>
/// <param name="Noise">The standard deviation of the noise on standardized rows.</param>
/// <param name="Grows">Whether there are more components in tables of many rows.</param>
internal readonly record struct DetectorFlowKind(bool IsBent, int Components, double Noise, bool Grows)
{
    /// <summary>How many flows there are of each kind: they begin elsewhere, and see other rows where there are many.</summary>
    public const int Members = 2;

    /// <summary>Rows that there are at least for each component.</summary>
    private const int RowsOfComponent = 3;

    /// <summary>Rows of each component from which on a mixture grows.</summary>
    private const int RowsOfMany = 50;

    private static readonly DetectorFlowKind[] _kinds =
        [new(false, 48, 0.2, true), new(false, 16, 0.5, false), new(true, 48, 0.2, true), new(true, 16, 0.5, false)];

    /// <summary>The flows of every detector, one member after another.</summary>
    public static IReadOnlyList<DetectorFlowKind> All { get; } = [.. Enumerable.Repeat(_kinds, Members).SelectMany(kinds => kinds)];

    /// <summary>Which member a flow is.</summary>
    /// <param name="flow">Its place in <see cref="All"/>.</param>
    public static int MemberOf(int flow) => flow / _kinds.Length;

    /// <summary>How many components are fitted to rows.</summary>
    /// <param name="rows">How many rows, at least 1.</param>
    public int ComponentsFor(int rows) =>
        Math.Max(Math.Clamp(rows / RowsOfComponent, 1, Components), Grows ? rows / RowsOfMany : 0);
}
