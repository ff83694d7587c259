using System.Globalization;
using System.Text;

using FlowEngine.Anomalies;
using FlowEngine.Data;
using FlowEngine.Likelihood;

namespace FlowEngine.Cli;

/// <summary>What <c>flow score</c> says of the rows of a table when it asks a detector.</summary>
internal static class DetectorScores
{
    /// <summary>Writes the scores of rows.</summary>
    /// <param name="detector">The detector.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="found">What the detector found of them.</param>
    /// <param name="labels">Which are anomalies; null where that is not known.</param>
    /// <returns>A CSV file, and lines for people.</returns>
    public static (string Csv, string Summary) Of(
        AnomalyDetector detector, TableDataset rows, AnomalyFindings found, AnomalyLabels? labels)
    {
        string[] blamed = Blame(detector, rows, found.IsAnomaly);
        StringBuilder csv = new("row,score,p_value,is_anomaly,column\n");
        for (int i = 0; i < rows.Count; i++)
        {
            csv.Append(
                CultureInfo.InvariantCulture,
                $"{i},{CsvWriter.Number(found.Scores[i])},{CsvWriter.Number(found.PValues[i])},{(found.IsAnomaly[i] ? 1 : 0)},");
            csv.Append(CsvWriter.Quoted(blamed[i])).Append('\n');
        }

        return (csv.ToString(), Summary(detector, "rows", found, labels));
    }

    /// <summary>Lines for people.</summary>
    /// <param name="detector">The detector.</param>
    /// <param name="unit">What it judged, in the plural.</param>
    /// <param name="found">What it found.</param>
    /// <param name="labels">Which are anomalies; null where that is not known.</param>
    public static string Summary(AnomalyDetector detector, string unit, AnomalyFindings found, AnomalyLabels? labels)
    {
        string counts = FormattableString.Invariant(
            $"{found.Scores.Length} {unit}, {found.IsAnomaly.Count(is1 => is1)} anomalies above the threshold {detector.Threshold:0.0000}\n");
        return labels is not { IsAnomaly: bool[] isAnomaly } ? counts : counts + FormattableString.Invariant(
            $"AUROC {Ranking.Auroc(found.Scores, isAnomaly):0.0000}, average precision {Ranking.AveragePrecision(found.Scores, isAnomaly):0.0000}; the label {labels.Normal} is normal (--normal)\n");
    }

    /// <summary>The column with the largest share in the score of each anomaly; empty for other rows.</summary>
    private static string[] Blame(AnomalyDetector detector, TableDataset rows, bool[] isAnomaly)
    {
        string[] blamed = new string[rows.Count];
        Array.Fill(blamed, string.Empty);
        int[] anomalies = [.. Enumerable.Range(0, rows.Count).Where(i => isAnomaly[i])];
        if (anomalies.Length == 0)
        {
            return blamed;
        }

        int columns = detector.Schema.Columns.Count;
        double[] shares = detector.Explain(rows.Select(anomalies));
        for (int i = 0; i < anomalies.Length; i++)
        {
            Span<double> share = shares.AsSpan(i * columns, columns);
            int most = 0;
            for (int j = 1; j < columns; j++)
            {
                most = share[j] > share[most] ? j : most;
            }

            blamed[anomalies[i]] = detector.Schema.Columns[most];
        }

        return blamed;
    }
}
