using System.Globalization;

using FlowEngine.Data;
using FlowEngine.Drawing;
using FlowEngine.Likelihood;

namespace FlowEngine.Anomalies;

/// <summary>Writes what a detector finds of a table as a page of HTML, nothing outside the file.</summary>
public static class AnomalyReport
{
    private const int MostRows = 20;
    private const int MostColumns = 15;
    private const int ColumnsOfRow = 3;

    /// <summary>Rows that the shares of columns are means over: the first ones where there are more.</summary>
    private const int MostExplained = 1000;

    private const int Bins = 60;
    private const string NormalColor = HtmlPage.Blue;
    private const string AnomalyColor = HtmlPage.Orange;

    private const string Style =
        """
        td.number, th.number { text-align: right; white-space: nowrap; }
        td .share { display: inline-block; height: 9px; margin-right: 6px; background: var(--orange); opacity: .7; }
        td .share.all { background: var(--blue); }
        td .part { display: inline-block; width: 86px; } td.bar { width: 230px; white-space: nowrap; }
        .row div { flex: 1 1 300px; max-width: 420px; }

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
        HtmlPage page = new($"Anomalies in {rows.Name}", Style);
        AppendSummary(page, detector, found, isAnomaly);
        page.Heading("Scores");
        page.Append(Histogram(detector, found.Scores, isAnomaly) + "\n");
        if (isAnomaly is not null)
        {
            page.Heading("Against the labels");
            page.Append($"<div class=\"row\"><div>{RocCurve(found.Scores, isAnomaly)}</div>");
            page.Append($"<div>{PrecisionCurve(found.Scores, isAnomaly)}</div></div>\n");
        }

        AppendWorst(page, detector, selected, found, isAnomaly);
        AppendColumns(page, detector, selected, found);
        page.Heading("Detector");
        page.Table(
            ["fitted to", $"{detector.Schema.Name}, {detector.Schema.Summary}"],
            ["threshold", Invariant($"{detector.Threshold:0.0000}, ") + (detector.Options.Contamination is double share
                ? Invariant($"for a contamination of {share}")
                : Invariant($"for {detector.Options.FalseAlarms} false alarms"))],
            ["p-values", Invariant($"by {detector.HeldOutRows:#,0} rows that the flows had not seen")]);
        page.Write(path);
    }

    private static void AppendSummary(HtmlPage page, AnomalyDetector detector, AnomalyFindings found, bool[]? isAnomaly)
    {
        int count = found.Scores.Length;
        int above = found.IsAnomaly.Count(true);
        page.Append(Invariant(
            $"<p>{above:#,0} of {count:#,0} rows ({100.0 * above / count:0.0}%) score above the threshold {detector.Threshold:0.000}."));
        if (detector.Options.Contamination is null)
        {
            page.Append(Invariant($" Of normal rows {100 * detector.Options.FalseAlarms:0.##}% would."));
        }

        if (isAnomaly is not null)
        {
            int right = Enumerable.Range(0, count).Count(i => found.IsAnomaly[i] && isAnomaly[i]);
            int known = isAnomaly.Count(true);
            page.Append(Invariant(
                $" {right:#,0} of the {known:#,0} labelled anomalies are among them: a recall of {100.0 * right / known:0.0}%"));
            page.Append(above == 0 ? "." : Invariant($" at a precision of {100.0 * right / above:0.0}%."));
        }

        page.Append("</p>\n");
    }

    /// <summary>How scores are distributed, on a logarithmic axis: those of anomalies may be thousands of times the others.</summary>
    private static string Histogram(AnomalyDetector detector, double[] scores, bool[]? isAnomaly)
    {
        double[] logs = Array.ConvertAll(scores, score => Math.Log10(Math.Clamp(score, 1e-3, 1e9)));
        double threshold = Math.Log10(detector.Threshold);
        double low = Math.Min(logs.Min(), threshold);
        double high = Math.Max(logs.Max(), threshold);
        double margin = Math.Max(0.02, 0.02 * (high - low));
        (low, high) = (low - margin, high + margin);
        double width = (high - low) / Bins;
        (string Name, string Color, double[] Shares)[] kinds = isAnomaly is null
            ? [("rows", NormalColor, Shares(_ => true))]
            : [("normal", NormalColor, Shares(i => !isAnomaly[i])), ("labelled anomalies", AnomalyColor, Shares(i => isAnomaly[i]))];
        double most = 1.05 * kinds.Max(kind => kind.Shares.Max());
        SvgPlot plot = new(720, 300, (low, high), (0, most));
        plot.TicksY(inPercent: true);
        foreach ((double at, string text) in Axis.LogTicks(low, high))
        {
            plot.TickX(at, text);
        }

        foreach ((string name, string color, double[] shares) in kinds)
        {
            for (int bin = 0; bin < Bins; bin++)
            {
                if (shares[bin] > 0)
                {
                    plot.Bar(low + (bin * width), low + ((bin + 1) * width), shares[bin], color);
                }
            }

            if (isAnomaly is not null)
            {
                plot.Name(name, color);
            }
        }

        plot.Mark(threshold, Invariant($"threshold {detector.Threshold:0.000}"), "var(--ink)");
        return plot.Draw("histogram of the scores", "score", isAnomaly is null ? "part of the rows" : "part of each kind");

        double[] Shares(Func<int, bool> isOf)
        {
            int[] those = [.. Enumerable.Range(0, logs.Length).Where(isOf)];
            double[] shares = new double[Bins];
            foreach (int i in those)
            {
                shares[Math.Clamp((int)((logs[i] - low) / width), 0, Bins - 1)] += 1.0 / those.Length;
            }

            return shares;
        }
    }

    private static string RocCurve(double[] scores, bool[] isAnomaly)
    {
        double anomalies = isAnomaly.Count(true);
        double normal = isAnomaly.Length - anomalies;
        SvgPlot plot = Square();
        plot.Line([(0, 0), (1, 1)], HtmlPage.Muted);
        plot.Line(
            [(0, 0), .. Ranking.Thresholds(scores, isAnomaly).Select(at => ((at.Passed - at.Found) / normal, at.Found / anomalies))],
            AnomalyColor);
        return plot.Draw("ROC curve", Invariant($"false alarm rate; AUROC {Ranking.Auroc(scores, isAnomaly):0.0000}"), "recall");
    }

    private static string PrecisionCurve(double[] scores, bool[] isAnomaly)
    {
        double anomalies = isAnomaly.Count(true);
        (double X, double Y)[] points =
            [.. Ranking.Thresholds(scores, isAnomaly).Select(at => (at.Found / anomalies, (double)at.Found / at.Passed))];
        SvgPlot plot = Square();
        plot.Line([(0, anomalies / isAnomaly.Length), (1, anomalies / isAnomaly.Length)], HtmlPage.Muted);
        plot.Line([(0, points[0].Y), .. points], AnomalyColor);
        return plot.Draw(
            "precision-recall curve",
            Invariant($"recall; average precision {Ranking.AveragePrecision(scores, isAnomaly):0.0000}"),
            "precision");
    }

    private static SvgPlot Square()
    {
        SvgPlot plot = new(360, 320, (0, 1), (0, 1));
        plot.TicksY(inPercent: true);
        plot.TicksX();

        return plot;
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
