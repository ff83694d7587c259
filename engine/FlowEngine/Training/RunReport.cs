using System.Globalization;
using System.Net;
using System.Text;

using FlowEngine.Architecture;
using FlowEngine.Data;

namespace FlowEngine.Training;

/// <summary>Writes a run's <c>report.html</c>: curves, samples, configuration, nothing outside the file.</summary>
public static class RunReport
{
    private const int MostGrids = 12;

    private const string Style =
        """
        body { font: 15px/1.5 system-ui, sans-serif; max-width: 760px; margin: 2em auto; padding: 0 1em; color: #222; }
        svg { width: 100%; } svg text { font-size: 11px; fill: #555; } svg .grid { stroke: #e4e4e4; }
        table { border-collapse: collapse; }
        td, th { border-bottom: 1px solid #ddd; padding: 2px 12px 2px 0; text-align: left; }
        figure { margin: 0 0 1.5em; } figure img { max-width: 100%; image-rendering: pixelated; }
        """;

    /// <summary>Writes the report of what the folder holds now.</summary>
    /// <param name="folder">The run.</param>
    /// <exception cref="FlowException">The folder cannot be read or written.</exception>
    public static void Write(RunFolder folder)
    {
        RunConfig config = folder.ReadConfig();
        IReadOnlyList<RunMetrics> metrics = folder.ReadMetrics();
        string title = $"{config.Model.Options.Kind} on {config.Model.Data?.Name}";
        bool isInNats = config.Model.Unit.IsInNats;
        StringBuilder html = new();
        html.Append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        html.Append(Invariant($"<title>{Text(title)}</title>\n<style>\n{Style}\n</style>\n</head>\n<body>\n"));
        html.Append(Invariant($"<h1>{Text(title)}</h1>\n"));
        AppendSummary(html, config, metrics);
        html.Append(isInNats ? "<h2>Log density of a row</h2>\n" : "<h2>Bits per dimension</h2>\n");
        html.Append(CurvePlot.Draw(
            isInNats ? "nats, negative: less is better" : "bits per dimension",
            $"{config.Model.Unit.Plural} seen",
            ("training", "#3568b8", Points(metrics.OfType<TrainMetrics>())),
            (config.Model.Unit.HeldOut, "#c2541b", Points(metrics.OfType<EvalMetrics>())))).Append('\n');
        AppendSamples(html, folder.SampleFiles);
        AppendConfiguration(html, config);
        html.Append("</body>\n</html>\n");
        AtomicFile.Write(folder.ReportFile, stream => stream.Write(Encoding.UTF8.GetBytes(html.ToString())));
    }

    private static (double X, double Y)[] Points(IEnumerable<RunMetrics> metrics) =>
        [.. metrics.Select(line => ((double)line.Samples, -line.Nats ?? line.BitsPerDim))];

    private static void AppendSummary(StringBuilder html, RunConfig config, IReadOnlyList<RunMetrics> metrics)
    {
        if (metrics.Count == 0)
        {
            return;
        }

        RunMetrics last = metrics[^1];
        string unit = config.Model.Unit.Plural;
        html.Append(Invariant($"<p>{last.Samples:#,0} {unit} seen in {last.Seconds / 60:0.0} minutes of training."));
        IEnumerable<EvalMetrics> evaluations = metrics.OfType<EvalMetrics>();
        EvalMetrics? shown = config.Limits.Patience is null
            ? evaluations.LastOrDefault()
            : evaluations.MinBy(eval => double.IsNaN(eval.BitsPerDim) ? double.PositiveInfinity : eval.BitsPerDim);
        if (shown is EvalMetrics eval)
        {
            html.Append(eval.Nats is double nats
                ? Invariant($" Validation: {nats:0.0000} ± {2 * eval.NatsStandardError:0.0000} nats (two standard errors)")
                : Invariant($" Held out: {eval.BitsPerDim:0.0000} ± {eval.BitsPerDimStandardError:0.0000} bits per dimension"));
            html.Append(Invariant($" over {eval.HeldOutSamples:#,0} {unit}, after {eval.Samples:#,0}."));
        }

        html.Append("</p>\n");
    }

    private static void AppendSamples(StringBuilder html, IReadOnlyList<string> files)
    {
        if (files.Count == 0)
        {
            return;
        }

        html.Append("<h2>Samples</h2>\n<p>The same latent noise each time, temperature 0.7.</p>\n");
        int shown = Math.Min(files.Count, MostGrids);
        for (int i = shown - 1; i >= 0; i--)
        {
            // The newest first, the others evenly spaced down to the oldest.
            string file = files[shown == 1 ? 0 : i * (files.Count - 1) / (shown - 1)];
            string name = Path.GetFileNameWithoutExtension(file);
            string caption = long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out long samples)
                ? Invariant($"after {samples:#,0} images")
                : "at the end";
            html.Append(Invariant($"<figure><figcaption>{Text(caption)}</figcaption>"));
            html.Append(Invariant($"<img alt=\"samples {Text(caption)}\" "));
            html.Append(Invariant($"src=\"data:image/png;base64,{Base64(file)}\"></figure>\n"));
        }
    }

    private static string Base64(string file)
    {
        try
        {
            return Convert.ToBase64String(File.ReadAllBytes(file));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FlowException(FlowErrorKind.Io, $"{file}: cannot be read: {exception.Message}", exception);
        }
    }

    private static void AppendConfiguration(StringBuilder html, RunConfig config)
    {
        IModelOptions model = config.Model.Options;
        TrainerOptions training = config.Training;
        html.Append("<h2>Configuration</h2>\n<table>\n");
        if (config.Model.Data is TableSchema table)
        {
            Row("data", $"{config.Data}, {table.Columns.Count} columns");
            Row("model input", $"{table.Scaling.Dims} columns, mean 0 and deviation 1");
        }
        else
        {
            Row("data", $"{config.Data}, {config.Model.DataSummary}");
            Row("model input", $"{model.Height}x{model.Width}x{model.Channels}, {model.Bins} grey levels");
        }

        if (model.Condition is { IsClass: true })
        {
            Row("classes", $"{config.Model.Classes.Summary}");
        }

        Row("model", $"{model.Summary}");
        Row("batch", $"{training.Batch}");
        Row("optimizer", $"{training.Optimizer}, learning rate {training.Rate}, {training.Schedule}");
        Row("warm-up", $"{training.Warmup} {config.Model.Unit.Plural}");
        Row("gradient norm clipped at", $"{training.Clip}");
        Row("moving average", $"{training.EmaDecay}");
        Row("flip", $"{training.Flip}");
        Row("memory mode", $"{training.Memory}");
        Row("seed", $"{training.Seed}");
        Row("limits", $"{Describe(config.Limits)}");
        html.Append("</table>\n");

        void Row(string name, FormattableString value) =>
            html.Append("<tr><th>").Append(Text(name)).Append("</th><td>").Append(Text(Invariant(value)))
                .Append("</td></tr>\n");
    }

    private static string Describe(RunLimits limits)
    {
        string[] parts =
        [
            limits.Epochs is null ? string.Empty : Invariant($"{limits.Epochs} epochs"),
            limits.Samples is null ? string.Empty : Invariant($"{limits.Samples} samples"),
            limits.Minutes is null ? string.Empty : Invariant($"{limits.Minutes} minutes"),
            limits.Patience is null ? string.Empty : Invariant($"{limits.Patience} epochs without a better validation"),
        ];
        return string.Join(", ", parts.Where(part => part.Length > 0));
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
