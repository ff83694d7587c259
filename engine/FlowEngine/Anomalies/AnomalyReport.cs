using System.Globalization;

using FlowEngine.Data;
using FlowEngine.Drawing;

namespace FlowEngine.Anomalies;

/// <summary>Writes what a detector finds of a table as a page of HTML, nothing outside the file.</summary>
public static class AnomalyReport
{
    private const int MostRows = 20;
    private const int MostColumns = 15;
    private const int ColumnsOfRow = 3;

    /// <summary>Rows that the shares of columns are means over: the first ones where there are more.</summary>
    private const int MostExplained = 1000;

    private const string Unit = "rows";

    private const string Style =
        """
        td.number, th.number { text-align: right; white-space: nowrap; }
        td .share { display: inline-block; height: 9px; margin-right: 6px; background: var(--orange); opacity: .7; }
        td .share.all { background: var(--blue); }
        td .part { display: inline-block; width: 86px; } td.bar { width: 230px; white-space: nowrap; }

        """;

    /// <summary>Writes a report.</summary>
    /// <param name="path">The file to create or replace.</param>
    /// <param name="detector">The detector.</param>
    /// <param name="rows">The rows that it scored.</param>
    /// <param name="found">What it found of them.</param>
    /// <param name="isAnomaly">Which of them are anomalies; null where that is not known.</param>
    /// <exception cref="FlowException">The file cannot be written, or the lengths differ.</exception>
    public static void Write(
        string path, AnomalyDetector detector, TableDataset rows, AnomalyFindings found, bool[]? isAnomaly)
    {
        if (found.Scores.Length != rows.Count || rows.Count == 0 || (isAnomaly is not null && isAnomaly.Length != rows.Count))
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"{rows.Name} has {rows.Count} rows, {found.Scores.Length} scores and {isAnomaly?.Length ?? rows.Count} labels, "
                + "expected at least one row and as many of each");
        }

        // Labels of one kind only rank nothing.
        isAnomaly = isAnomaly is not null && isAnomaly.Contains(true) && isAnomaly.Contains(false) ? isAnomaly : null;
        TableDataset selected = detector.Schema.Select(rows).Rows;
        HtmlPage page = new($"Anomalies in {rows.Name}", Style + AnomalyCharts.Style);
        AnomalyCharts.AppendSummary(page, detector, found, isAnomaly, Unit);
        AnomalyCharts.AppendScores(page, detector, found.Scores, isAnomaly, Unit);
        AppendWorst(page, detector, selected, found, isAnomaly);
        AppendColumns(page, detector, selected, found);
        AnomalyCharts.AppendDetector(page, detector, Unit);
        page.Write(path);
    }

    private static void AppendWorst(
        HtmlPage page, AnomalyDetector detector, TableDataset rows, AnomalyFindings found, bool[]? isAnomaly)
    {
        int[] worst = [.. Enumerable.Range(0, rows.Count).OrderByDescending(i => found.Scores[i]).Take(MostRows)];
        double[] shares = detector.Explain(rows.Select(worst));
        int columns = detector.Schema.Columns.Count;
        page.Heading("The most anomalous rows");
        page.Append("<p>Rows count from 0. Beside the value of a column is how many standard deviations it is from its mean in the training rows, "
            + "and the bar is the column's part of what the score falls by where columns are left free.</p>\n");
        page.Append("<table>\n<tr><th class=\"number\">row</th><th class=\"number\">score</th><th class=\"number\">p-value</th>"
            + (isAnomaly is null ? string.Empty : "<th>label</th>") + "<th>columns to blame</th></tr>\n");
        for (int n = 0; n < worst.Length; n++)
        {
            int i = worst[n];
            double[] share = shares[(n * columns)..((n + 1) * columns)];
            double sum = share.Sum();
            IEnumerable<string> blamed = Enumerable.Range(0, columns).OrderByDescending(j => share[j]).Take(ColumnsOfRow)
                .Where(j => share[j] > 0).Select(j => Blamed(detector.Schema.Scaling.Columns[j], rows[i][j], share[j] / sum));
            string label = isAnomaly is null ? string.Empty : isAnomaly[i] ? "<td>anomaly</td>" : "<td>normal</td>";
            page.Append(Invariant(
                $"<tr><td class=\"number\">{i}</td><td class=\"number\">{found.Scores[i]:0.000}</td><td class=\"number\">{found.PValues[i]:0.0000}</td>"));
            page.Append($"{label}<td>{string.Join("<br>", blamed)}</td></tr>\n");
        }

        page.Append("</table>\n");
    }

    private static string Blamed(TableColumn column, double value, double part) => Invariant(
        $"<span class=\"part\"><span class=\"share\" style=\"width: {80 * part:0}px\"></span></span>{HtmlPage.Text(column.Name)} = {value:G5} <small>{(value - column.Mean) / column.Deviation:+0.0;-0.0;0.0} σ</small>");

    private static void AppendColumns(HtmlPage page, AnomalyDetector detector, TableDataset rows, AnomalyFindings found)
    {
        double[] all = MeanShares([.. Enumerable.Range(0, rows.Count)]);
        double[] odd = MeanShares([.. Enumerable.Range(0, rows.Count).Where(i => found.IsAnomaly[i])]);
        double most = Math.Max(all.Max(), odd.Max());
        page.Heading("Columns");
        page.Append("<p>How far the score falls, on average, where a column is left free: of all rows, and of those above the threshold.</p>\n");
        page.Append("<table>\n<tr><th>column</th><th>all rows</th><th>above the threshold</th></tr>\n");
        foreach (int j in Enumerable.Range(0, all.Length).OrderByDescending(j => Math.Max(all[j], odd[j])).Take(MostColumns))
        {
            page.Append($"<tr><td>{HtmlPage.Text(detector.Schema.Columns[j])}</td>{Bar(all[j], " all")}{Bar(odd[j], string.Empty)}</tr>\n");
        }

        page.Append("</table>\n");
        if (all.Length > MostColumns)
        {
            page.Append(Invariant($"<p>{all.Length - MostColumns} columns with less are left out.</p>\n"));
        }

        string Bar(double share, string kind) => Invariant(
            $"<td class=\"bar\"><span class=\"share{kind}\" style=\"width: {(most > 0 ? 150 * share / most : 0):0}px\"></span>{share:0.000}</td>");

        double[] MeanShares(int[] those)
        {
            int[] chosen = [.. those.Take(MostExplained)];
            double[] means = new double[detector.Schema.Columns.Count];
            double[] shares = detector.Explain(rows.Select(chosen));
            for (int i = 0; i < shares.Length; i++)
            {
                means[i % means.Length] += shares[i] / chosen.Length;
            }

            return means;
        }
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
