namespace FlowEngine.Anomalies;

/// <summary>A row as the mixtures of a detector see it.</summary>
/// <param name="Bent">(D), after the curves of the columns.</param>
/// <param name="Coordinates">Along the principal axes; the same as <paramref name="Bent"/> where there are none.</param>
/// <param name="Unspanned">The squared length of what no axis spans.</param>
internal readonly record struct DetectorRow(double[] Bent, double[] Coordinates, double Unspanned);
