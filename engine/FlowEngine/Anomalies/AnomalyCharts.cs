using System.Globalization;

using FlowEngine.Drawing;
using FlowEngine.Likelihood;

namespace FlowEngine.Anomalies;

/// <summary>What the reports of detectors of tables and of pictures share: scores against the threshold and the labels.</summary>
internal static class AnomalyCharts
{
    /// <summary>CSS of the charts.</summary>
    public const string Style = ".row div { flex: 1 1 300px; max-width: 420px; }\n";

    private const int Bins = 60;
    private const string NormalColor = HtmlPage.Blue;
    private const string AnomalyColor = HtmlPage.Orange;

    /// <summary>Appends how many scores are above the threshold, and how many should be.</summary>
    /// <param name="page">The page.</param>
    /// <param name="detector">The detector.</param>
    /// <param name="found">What it found.</param>
    /// <param name="isAnomaly">Which are anomalies, of both kinds; null where that is not known.</param>
    /// <param name="unit">What was scored, in the plural.</param>
    public static void AppendSummary(
        HtmlPage page, AnomalyDetector detector, AnomalyFindings found, bool[]? isAnomaly, string unit)
    {
        int count = found.Scores.Length;
        int above = found.IsAnomaly.Count(true);
        page.Append(Invariant(
            $"<p>{above:#,0} of {count:#,0} {unit} ({100.0 * above / count:0.0}%) score above the threshold {detector.Threshold:0.000}."));
        if (detector.Options.Contamination is null)
        {
            page.Append(Invariant($" Of normal {unit} {100 * detector.Options.FalseAlarms:0.##}% would."));
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

    /// <summary>Appends the histogram of the scores, and with labels the curves that judge them.</summary>
    /// <param name="page">The page.</param>
    /// <param name="detector">The detector.</param>
    /// <param name="scores">What it gave.</param>
    /// <param name="isAnomaly">Which are anomalies, of both kinds; null where that is not known.</param>
    /// <param name="unit">What was scored, in the plural.</param>
    public static void AppendScores(HtmlPage page, AnomalyDetector detector, double[] scores, bool[]? isAnomaly, string unit)
    {
        page.Heading("Scores");
        page.Append(Histogram(detector, scores, isAnomaly, unit) + "\n");
        if (isAnomaly is not null)
        {
            page.Heading("Against the labels");
            page.Append($"<div class=\"row\"><div>{RocCurve(scores, isAnomaly)}</div>");
            page.Append($"<div>{PrecisionCurve(scores, isAnomaly)}</div></div>\n");
        }
    }

    /// <summary>Appends what the detector is.</summary>
    /// <param name="page">The page.</param>
    /// <param name="detector">The detector.</param>
    /// <param name="unit">What it judges, in the plural.</param>
    public static void AppendDetector(HtmlPage page, AnomalyDetector detector, string unit)
    {
        page.Heading("Detector");
        page.Table(
            ["fitted to", $"{detector.Schema.Name}, {detector.Schema.Summary}"],
            ["threshold", Invariant($"{detector.Threshold:0.0000}, ") + (detector.Options.Contamination is double share
                ? Invariant($"for a contamination of {share}")
                : Invariant($"for {detector.Options.FalseAlarms} false alarms"))],
            ["p-values", Invariant($"by {detector.HeldOutRows:#,0} {unit} that the flows had not seen")]);
    }

    /// <summary>How scores are distributed, on a logarithmic axis: those of anomalies may be thousands of times the others.</summary>
    private static string Histogram(AnomalyDetector detector, double[] scores, bool[]? isAnomaly, string unit)
    {
        double[] logs = Array.ConvertAll(scores, score => Math.Log10(Math.Clamp(score, 1e-3, 1e9)));
        double threshold = Math.Log10(detector.Threshold);
        double low = Math.Min(logs.Min(), threshold);
        double high = Math.Max(logs.Max(), threshold);
        double margin = Math.Max(0.02, 0.02 * (high - low));
        (low, high) = (low - margin, high + margin);
        double width = (high - low) / Bins;
        (string Name, string Color, double[] Shares)[] kinds = isAnomaly is null
            ? [(unit, NormalColor, Shares(_ => true))]
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
        return plot.Draw("histogram of the scores", "score", isAnomaly is null ? $"part of the {unit}" : "part of each kind");

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

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
