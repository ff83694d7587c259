using System.Globalization;

using FlowEngine.Data;
using FlowEngine.Drawing;
using FlowEngine.Settings;

namespace FlowEngine.Training;

/// <summary>Writes a run's <c>report.html</c>, a page to show to others: nothing outside the file.</summary>
public sealed class RunReport
{
    private const int LargestPicture = 552;
    private const int MostMoments = 8;
    private const int MostColumns = 12;

    // 1.358 times the square root of 2, by that of the number of rows: one in twenty of equal distributions has a larger gap.
    private const double ChanceOfGap = 1.92;

    private const string Style =
        """
        dl { display: flex; flex-wrap: wrap; gap: 8px 36px; margin: 1em 0; } dt { color: var(--muted); } dd { margin: 0; font-size: 1.5em; }
        dd small { font-size: .6em; } .crisp { image-rendering: pixelated; }
        .plots { grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); }
        .columns { grid-template-columns: repeat(auto-fill, minmax(min(100%, 300px), 1fr)); }
        .moments td { padding: 1px 0; border: 0; } .moments th { border: 0; font-weight: normal; vertical-align: middle; white-space: nowrap; }

        """;

    private readonly RunFolder _folder;
    private readonly RunConfig _config;
    private readonly RunExhibits _exhibits;
    private readonly IReadOnlyList<RunMetrics> _metrics;
    private readonly SampleUnit _unit;
    private readonly HtmlPage _page;

    private RunReport(RunFolder folder, RunConfig config, RunExhibits exhibits)
    {
        (_folder, _config, _exhibits) = (folder, config, exhibits);
        _metrics = folder.ReadMetrics();
        _unit = config.Model.Unit;
        _page = new HtmlPage($"{config.Model.Options.Kind} on {config.Model.Data?.Name}", Style);
    }

    /// <summary>Writes the report of what the folder holds now.</summary>
    /// <param name="folder">The run.</param>
    /// <exception cref="FlowException">The folder cannot be read or written.</exception>
    public static void Write(RunFolder folder) => Write(folder, new RunExhibits(0));

    /// <summary>The same with what only the run itself knows.</summary>
    internal static void Write(RunFolder folder, RunExhibits exhibits)
    {
        RunReport report = new(folder, folder.ReadConfig(), exhibits);
        report.AppendFacts();
        report.AppendCurves();
        report.AppendSamples();
        report.AppendRows();
        report.AppendNext();
        report.AppendConfiguration();
        report._page.Write(folder.ReportFile);
    }

    private void AppendFacts()
    {
        if (_metrics.Count == 0)
        {
            _page.Append("<p>Nothing is recorded yet.</p>\n");
            return;
        }

        RunMetrics last = _metrics[^1];
        _page.Append("<dl>");
        EvalMetrics? shown = _config.Limits.Patience is null
            ? _metrics.OfType<EvalMetrics>().LastOrDefault()
            : _metrics.OfType<EvalMetrics>().MinBy(eval => double.IsNaN(eval.BitsPerDim) ? double.PositiveInfinity : eval.BitsPerDim);
        if (shown is EvalMetrics eval)
        {
            string of = HtmlPage.Invariant($"{_unit.HeldOut}, {eval.HeldOutSamples:#,0} {_unit.Plural}");
            if (eval.Nats is double nats)
            {
                Fact(of, $"{nats:0.0000}", $"± {2 * eval.NatsStandardError:0.0000} nats a row (two standard errors)");
            }
            else
            {
                Fact(of, $"{eval.BitsPerDim:0.0000}", $"± {eval.BitsPerDimStandardError:0.0000} bits per dimension");
            }

            if (eval.Samples < last.Samples)
            {
                Fact("reached after", $"{eval.Samples:#,0}", $"{_unit.Plural}");
            }
        }

        Fact("trained on", $"{last.Samples:#,0}", _exhibits.SamplesPerEpoch > 0
            ? (FormattableString)$"{_unit.Plural}, {(double)last.Samples / _exhibits.SamplesPerEpoch:0.0} epochs"
            : $"{_unit.Plural}");
        bool isShort = last.Seconds < 60;
        Fact("in", $"{(isShort ? last.Seconds : last.Seconds / 60):0.0}", $"{(isShort ? "seconds" : "minutes")}");
        Fact("speed", $"{last.Samples / Math.Max(last.Seconds, 1e-9):#,0}", _exhibits.ShareOfPeak is double share
            ? (FormattableString)$"{_unit.Plural} a second, {100 * share:0}% of the processor's peak"
            : $"{_unit.Plural} a second");
        _page.Append("</dl>\n");
        if (_config.Command is string command)
        {
            _page.Append($"<pre><code>{HtmlPage.Text(command)}</code></pre>\n");
        }

        void Fact(string name, FormattableString value, FormattableString unit) => _page.Append(
            $"<div><dt>{HtmlPage.Text(name)}</dt><dd>{HtmlPage.Invariant(value)} <small>{HtmlPage.Invariant(unit)}</small></dd></div>");
    }

    private void AppendCurves()
    {
        string seen = $"{_unit.Plural} seen" + (_exhibits.SamplesPerEpoch > 0
            ? HtmlPage.Invariant($" ({_exhibits.SamplesPerEpoch:#,0} an epoch)")
            : string.Empty);
        string[] plots =
        [
            RunPlots.Loss(_metrics, _unit.IsInNats ? "nats" : "bits/dim", _unit.HeldOut, seen),
            RunPlots.GradientNorm(_metrics, _config.Training.Clip, seen),
            RunPlots.Figure(_metrics, line => line.Rate, "learning rate", seen),
            RunPlots.Figure(_metrics, line => line.SamplesPerSecond, $"{_unit.Plural}/s", seen),
        ];
        if (plots[0].Length > 0)
        {
            _page.Heading(_unit.IsInNats ? "Negative log density of a row: less is better" : "Bits per dimension: less is better");
            _page.Append($"<div class=\"cells plots\">\n{string.Join('\n', plots)}\n</div>\n");
        }
    }

    private void AppendSamples()
    {
        IReadOnlyList<string> files = _folder.SampleFiles;
        if (files.Count == 0)
        {
            return;
        }

        Image[] grids = [.. files.Select(PngImage.Read)];
        _page.Heading("Samples");
        _page.Append("<div class=\"row\">\n");
        if (_exhibits.RealImages is Image real)
        {
            Picture(_config.Model.Options.Condition is null ? "Training images" : "Training images, a row for each class", real);
        }

        Picture($"Samples of the model at temperature 0.7, {Moment(files[^1])}", grids[^1]);
        _page.Append("</div>\n");
        if (grids.Length == 1)
        {
            return;
        }

        _page.Append("<p>The same latent noise over the run:</p>\n<div class=\"wide\"><table class=\"moments\">\n");
        int count = Math.Min(files.Count, MostMoments);
        for (int i = 0; i < count; i++)
        {
            int chosen = i * (files.Count - 1) / (count - 1);
            _page.Append($"<tr><th>{Moment(files[chosen])}</th><td>{Embedded(FirstRow(grids[chosen]), $"a row of samples {Moment(files[chosen])}")}</td></tr>\n");
        }

        _page.Append("</table></div>\n");
    }

    private void Picture(string caption, Image image) => _page.Append(
        $"<figure><figcaption>{caption}</figcaption>{Embedded(image, caption)}</figure>\n");

    private static string Moment(string file) => long.TryParse(
        Path.GetFileNameWithoutExtension(file), NumberStyles.None, CultureInfo.InvariantCulture, out long samples)
        ? HtmlPage.Invariant($"after {samples:#,0} images")
        : "at the end";

    /// <summary>The first images of a grid, with the gaps around them.</summary>
    private Image FirstRow(Image grid)
    {
        ImageSchema schema = _config.Model.Images;
        int cell = (grid.Width - ImageGrid.Gap) / RunData.SampleColumns - ImageGrid.Gap;
        int height = Math.Min(grid.Height, (cell * schema.Height / schema.Width) + (2 * ImageGrid.Gap));
        return new Image(height, grid.Width, grid.Channels, grid.Pixels[..(height * grid.Width * grid.Channels)]);
    }

    /// <summary>A small picture is enlarged by a whole factor, whose pixels stay sharp.</summary>
    private static string Embedded(Image image, string description)
    {
        int factor = Math.Max(1, LargestPicture / image.Width);
        return HtmlPage.Invariant(
            $"<img{(factor > 1 ? " class=\"crisp\"" : string.Empty)} alt=\"{description}\" width=\"{factor * image.Width}\" ")
            + HtmlPage.Invariant($"height=\"{factor * image.Height}\" src=\"data:image/png;base64,{Convert.ToBase64String(PngImage.Encode(image))}\">");
    }

    private void AppendRows()
    {
        if (_exhibits.Rows is not (TableDataset data, TableDataset samples))
        {
            return;
        }

        (string Name, double[] Data, double[] Samples, double Gap)[] columns =
        [
            .. Enumerable.Range(0, data.Columns.Count).Select(j =>
            {
                (double[] first, double[] second) = (Sorted(data, j), Sorted(samples, j));
                return (data.Columns[j], first, second, ColumnPlot.Gap(first, second));
            }),
        ];
        int[] shown =
        [
            .. Enumerable.Range(0, columns.Length).OrderByDescending(j => columns[j].Gap).Take(MostColumns).Order(),
        ];
        _page.Heading("Columns of the data and of samples");
        _page.Append(HtmlPage.Invariant(
            $"<p>Rows of the {_unit.HeldOut} part (bars) and as many samples of the model (lines), {data.Count:#,0} of each. The gap is the largest difference of the two cumulative distributions: up to {ChanceOfGap / Math.Sqrt(data.Count):0.000} is chance."));
        _page.Append(columns.Length > shown.Length
            ? HtmlPage.Invariant($" Of {columns.Length:#,0} columns the {shown.Length} of the largest gaps are drawn.</p>\n")
            : "</p>\n");
        _page.Append("<div class=\"cells columns\">\n");
        foreach (int j in shown)
        {
            _page.Append(ColumnPlot.Draw(PrintableText.OneLine(columns[j].Name, 40), columns[j].Data, columns[j].Samples) + "\n");
        }

        _page.Append("</div>\n");

        static double[] Sorted(TableDataset table, int column) =>
            [.. Enumerable.Range(0, table.Count).Select(i => table[i][column]).Order()];
    }

    private void AppendNext()
    {
        IReadOnlyList<string> advice = RunAdvice.Of(_config, _metrics);
        if (advice.Count > 0)
        {
            _page.Heading("What to try next");
            _page.Append($"<ul>\n{string.Concat(advice.Select(said => $"<li>{WithCode(said)}</li>\n"))}</ul>\n");
        }
    }

    /// <summary>A sentence in which options stand between backticks.</summary>
    private static string WithCode(string sentence) => string.Concat(sentence.Split('`')
        .Select((part, i) => i % 2 == 0 ? HtmlPage.Text(part) : $"<code>{HtmlPage.Text(part)}</code>"));

    private void AppendConfiguration()
    {
        _page.Heading("What was chosen, and why");
        if (_exhibits.Plan is string plan)
        {
            _page.Append($"<p>{HtmlPage.Text(plan)}.</p>\n");
        }

        List<string[]> rows =
        [
            ["data", _config.Data, _config.Model.DataSummary],
            ["model", _config.Model.Options.Kind.Name, _config.Model.Options.Summary],
            ["until", Describe(_config.Limits), string.Empty],
        ];
        if (_config.Model.Options.Condition is { IsClass: true })
        {
            rows.Add(["classes", _config.Model.Classes.Summary, string.Empty]);
        }

        foreach ((Setting setting, object options) in _config.Model.Options.Kind.Settings
            .Where(setting => !setting.IsOfData).Select(setting => (setting, (object)_config.Model.Options))
            .Concat(TrainerOptions.Settings.Where(setting => setting.Name != "total_samples")
                .Select(setting => (setting, (object)(_config.Training with { WarmupSamples = _config.Training.Warmup })))))
        {
            if (setting.Get(options) is object value)
            {
                rows.Add([setting.Label, setting.Text(value), Why(setting)]);
            }
        }

        _page.Table(rows);
    }

    /// <summary>What a setting is, and where its value is from, as far as the command line shows it.</summary>
    private string Why(Setting setting)
    {
        string from = setting.Option is null || _config.Command is not string command ? string.Empty
            : $" {command} ".Contains($" {setting.Option} ", StringComparison.Ordinal) ? " (given)"
            : setting.DefaultHelp is string help ? $" (default: {help})"
            : " (default)";
        return setting.Help + from;
    }

    private string Describe(RunLimits limits)
    {
        string?[] parts =
        [
            limits.Epochs is int epochs ? HtmlPage.Invariant($"{epochs} epochs") : null,
            limits.Samples is long samples ? HtmlPage.Invariant($"{samples:#,0} {_unit.Plural}") : null,
            limits.Minutes is double minutes ? HtmlPage.Invariant($"{minutes} minutes") : null,
            limits.Patience is int patience ? HtmlPage.Invariant($"{patience} epochs without a better evaluation") : null,
        ];
        return string.Join(" or ", parts.Where(part => part is not null));
    }
}
