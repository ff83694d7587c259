using System.Globalization;

using FlowEngine.Architecture;
using FlowEngine.Data;
using FlowEngine.Drawing;

namespace FlowEngine.Training;

/// <summary>Writes a run's <c>report.html</c>: curves, samples, configuration, nothing outside the file.</summary>
public static class RunReport
{
    private const int MostGrids = 12;

    /// <summary>Writes the report of what the folder holds now.</summary>
    /// <param name="folder">The run.</param>
    /// <exception cref="FlowException">The folder cannot be read or written.</exception>
    public static void Write(RunFolder folder)
    {
        RunConfig config = folder.ReadConfig();
        IReadOnlyList<RunMetrics> metrics = folder.ReadMetrics();
        string title = $"{config.Model.Options.Kind} on {config.Model.Data?.Name}";
        bool isInNats = config.Model.Unit.IsInNats;
        HtmlPage page = new(title);
        AppendSummary(page, config, metrics);
        page.Heading(isInNats ? "Log density of a row" : "Bits per dimension");
        page.Append(CurvePlot.Draw(
            isInNats ? "nats, negative: less is better" : "bits per dimension",
            $"{config.Model.Unit.Plural} seen",
            ("training", "#3568b8", Points(metrics.OfType<TrainMetrics>())),
            (config.Model.Unit.HeldOut, "#c2541b", Points(metrics.OfType<EvalMetrics>()))) + "\n");
        AppendSamples(page, folder.SampleFiles);
        AppendConfiguration(page, config);
        page.Write(folder.ReportFile);
    }

    private static (double X, double Y)[] Points(IEnumerable<RunMetrics> metrics) =>
        [.. metrics.Select(line => ((double)line.Samples, -line.Nats ?? line.BitsPerDim))];

    private static void AppendSummary(HtmlPage page, RunConfig config, IReadOnlyList<RunMetrics> metrics)
    {
        if (metrics.Count == 0)
        {
            return;
        }

        RunMetrics last = metrics[^1];
        string unit = config.Model.Unit.Plural;
        page.Append(HtmlPage.Invariant($"<p>{last.Samples:#,0} {unit} seen in {last.Seconds / 60:0.0} minutes of training."));
        IEnumerable<EvalMetrics> evaluations = metrics.OfType<EvalMetrics>();
        EvalMetrics? shown = config.Limits.Patience is null
            ? evaluations.LastOrDefault()
            : evaluations.MinBy(eval => double.IsNaN(eval.BitsPerDim) ? double.PositiveInfinity : eval.BitsPerDim);
        if (shown is EvalMetrics eval)
        {
            page.Append(eval.Nats is double nats
                ? HtmlPage.Invariant($" Validation: {nats:0.0000} ± {2 * eval.NatsStandardError:0.0000} nats (two standard errors)")
                : HtmlPage.Invariant($" Held out: {eval.BitsPerDim:0.0000} ± {eval.BitsPerDimStandardError:0.0000} bits per dimension"));
            page.Append(HtmlPage.Invariant($" over {eval.HeldOutSamples:#,0} {unit}, after {eval.Samples:#,0}."));
        }

        page.Append("</p>\n");
    }

    private static void AppendSamples(HtmlPage page, IReadOnlyList<string> files)
    {
        if (files.Count == 0)
        {
            return;
        }

        page.Heading("Samples");
        page.Append("<p>The same latent noise each time, temperature 0.7.</p>\n");
        int shown = Math.Min(files.Count, MostGrids);
        for (int i = shown - 1; i >= 0; i--)
        {
            // The newest first, the others evenly spaced down to the oldest.
            string file = files[shown == 1 ? 0 : i * (files.Count - 1) / (shown - 1)];
            string name = Path.GetFileNameWithoutExtension(file);
            string caption = long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out long samples)
                ? HtmlPage.Invariant($"after {samples:#,0} images")
                : "at the end";
            page.Append(HtmlPage.Invariant($"<figure><figcaption>{HtmlPage.Text(caption)}</figcaption>"));
            page.Append(HtmlPage.Invariant($"<img alt=\"samples {HtmlPage.Text(caption)}\" "));
            page.Append(HtmlPage.Invariant($"src=\"data:image/png;base64,{Base64(file)}\"></figure>\n"));
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

    private static void AppendConfiguration(HtmlPage page, RunConfig config)
    {
        IModelOptions model = config.Model.Options;
        TrainerOptions training = config.Training;
        page.Heading("Configuration");
        List<(string, string)> rows = [];
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
        page.Table(rows);

        void Row(string name, FormattableString value) => rows.Add((name, HtmlPage.Invariant(value)));
    }

    private static string Describe(RunLimits limits)
    {
        string[] parts =
        [
            limits.Epochs is null ? string.Empty : HtmlPage.Invariant($"{limits.Epochs} epochs"),
            limits.Samples is null ? string.Empty : HtmlPage.Invariant($"{limits.Samples} samples"),
            limits.Minutes is null ? string.Empty : HtmlPage.Invariant($"{limits.Minutes} minutes"),
            limits.Patience is null ? string.Empty : HtmlPage.Invariant($"{limits.Patience} epochs without a better validation"),
        ];
        return string.Join(", ", parts.Where(part => part.Length > 0));
    }
}
