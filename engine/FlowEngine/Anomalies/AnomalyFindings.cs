namespace FlowEngine.Anomalies;

/// <summary>What an <see cref="AnomalyDetector"/> finds of rows, one value a row.</summary>
/// <param name="Scores">About 1 for normal rows; higher is more anomalous.</param>
/// <param name="PValues">The share of normal rows that would score as high, from rows the flows had not seen.</param>
/// <param name="IsAnomaly">True where the score passes the threshold.</param>
public sealed record AnomalyFindings(double[] Scores, double[] PValues, bool[] IsAnomaly);
