using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

using FlowEngine.Anomalies;
using FlowEngine.Checkpoints;
using FlowEngine.Data;
using FlowEngine.Kernels;
using FlowEngine.Likelihood;
using FlowEngine.Models;

namespace FlowEngine.Cli;

/// <summary><c>flow score</c>: how odd a model finds each image or row, and with labels how well that finds anomalies.</summary>
internal static class ScoreCommand
{
    private const int MostReferenceImages = 10_000;

    private static readonly Argument<string> _checkpoint = CommandOptions.Checkpoint();
    private static readonly Option<string> _data = new("--data")
    {
        HelpName = "PATH",
        Description = "The images or rows, as for train; if labels say which are normal, the scores are judged by them",
        Required = true,
    };

    private static readonly Option<string?> _anomalies = CommandOptions.Text(
        "--anomalies", "PATH", "More images or rows, all anomalies; those of --data are then all normal");

    private static readonly Option<string?> _normal = CommandOptions.Text(
        "--normal",
        "LABEL",
        "The label of what is normal; all others are anomalies [default, of rows: 0 of 0 and 1, 1 of 1 and -1]");

    private static readonly Option<string?> _reference = CommandOptions.Text(
        "--reference",
        "PATH",
        "Takes the typical log density from its training part [default: that of the training run, in the checkpoint]");

    private static readonly Option<DataPart> _part = CommandOptions.ChoiceOrFirst<DataPart>(
        "--part", "Which images or rows; a source without a test part is split as in training");

    private static readonly Option<string?> _label = CommandOptions.Text(
        "--label", "COLUMN", "The label column, by name or index from 0 [default: as in training]");

    private static readonly Option<string?> _header = CommandOptions.Header();
    private static readonly PictureOptions _pictures = new();

    private static readonly Option<int?> _limit = CommandOptions.Number<int>(
        "--limit", "Only the first N images or rows of each source [default: all]");

    private static readonly Option<string?> _out = CommandOptions.Text(
        "--out", "FILE", "Where the scores go, a line for each image or row [default: standard output]");

    private static readonly Option<string?> _report = CommandOptions.Text(
        "--report", "FILE", "Of an anomaly detector: a page of HTML with the scores, the worst rows and the columns to blame, or the worst pictures");

    private static readonly Option<string?> _network = CommandOptions.Text(
        "--network", "NET.onnx", "Of an anomaly detector of pictures: its network [default: network.onnx of the run]");

    private static readonly Option<string?> _heatMaps = CommandOptions.Text(
        "--heat-maps", "FOLDER", "Of an anomaly detector of positions in pictures: where a PNG for each picture goes, the scores over it");

    private static readonly Option<int> _batch = CommandOptions.Number(
        "--batch", "Images or rows at once; no result depends on it", 64);
    private static readonly Option<ulong> _seed = CommandOptions.Seed();
    private static readonly DeviceOptions _device = new();
    private static readonly Option<bool> _json = CommandOptions.Json("Write one JSON object instead of CSV");

    public static Command Build()
    {
        Command command = new(
            "score",
            "Scores images or rows: log density, typicality, norms of the latents; for images also the code length less that of "
            + "a lossless code. An anomaly detector gives scores and p-values. With labels: AUROC and average precision.")
        {
            _checkpoint, _data, _anomalies, _normal, _reference, _part, _label, _header, _pictures.Size, _pictures.Gray,
            _pictures.Rgb, _limit, _out, _report, _network, _heatMaps, _batch, _seed,
            _device.Name, _device.Threads, _json,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parse)
    {
        string path = CheckpointPath.Resolve(parse.GetRequiredValue(_checkpoint));
        CheckpointFile checkpoint = CheckpointFile.Load(path);
        if (AnomalyDetector.IsDetector(checkpoint))
        {
            return RunDetector(parse, AnomalyDetector.Load(checkpoint, path), path);
        }

        Refuse(parse, "anomaly detectors (flow detect), the checkpoint is a model", _report, _network, _heatMaps);

        using IBackend backend = _device.Open(parse);
        using Model model = Model.Load(checkpoint, path, backend, change: null);
        if (parse.GetValue(_out) is string file)
        {
            OutputPath.Require(file);
        }

        model.BatchSize = parse.GetValue(_batch);
        double? typical = parse.GetValue(_reference) is string reference
            ? TypicalLogProb(parse, model, reference)
            : model.Config.TrainingLogProb;
        (AnomalyScores scores, AnomalyLabels? labels, string[]? classes) = Score(parse, model, typical);
        bool[]? isAnomaly = labels?.IsAnomaly;
        List<(string Name, double Auroc, double AveragePrecision)> ranking = isAnomaly is null
            ? []
            : [.. scores.All().Select(score => (
                score.Name,
                Ranking.Auroc(score.Values, isAnomaly),
                Ranking.AveragePrecision(score.Values, isAnomaly)))];
        bool isJson = parse.GetValue(_json);
        string text = isJson
            ? Json(model.Config.Unit, scores, labels, classes, typical, ranking)
            : Csv(scores, isAnomaly, classes);

        // What is for people does not mix with what is for programs.
        TextWriter output = parse.InvocationConfiguration.Output;
        TextWriter summary = parse.InvocationConfiguration.Error;
        if (parse.GetValue(_out) is string target)
        {
            CsvWriter.WriteText(target, text);
            summary = output;
        }
        else
        {
            output.Write(text);
        }

        Summarize(summary, model.Config.Unit, scores, labels, typical, ranking);
        return 0;
    }

    private static int RunDetector(ParseResult parse, AnomalyDetector detector, string checkpoint)
    {
        Refuse(
            parse,
            "models, the checkpoint is an anomaly detector",
            [.. _pictures.All, _anomalies, _reference, _batch, _device.Name, _device.Threads, _json]);
        if (parse.GetValue(_out) is string file)
        {
            OutputPath.Require(file);
        }

        if (parse.GetValue(_report) is string page)
        {
            OutputPath.Require(page);
        }

        if (parse.GetValue(_limit) is int limit && limit < 1)
        {
            throw new FlowException(FlowErrorKind.InvalidArgument, $"limit is {limit}, expected a positive number");
        }

        (string csv, string summary) = detector.Network is PictureNetwork network
            ? ScorePictures(parse, detector, network, checkpoint)
            : ScoreRows(parse, detector);
        if (parse.GetValue(_out) is string target)
        {
            CsvWriter.WriteText(target, csv);
            parse.InvocationConfiguration.Output.Write(summary);
        }
        else
        {
            parse.InvocationConfiguration.Output.Write(csv);
            parse.InvocationConfiguration.Error.Write(summary);
        }

        return 0;
    }

    private static (string Csv, string Summary) ScoreRows(ParseResult parse, AnomalyDetector detector)
    {
        Refuse(parse, "pictures, the detector is of a table", _network, _heatMaps);
        string path = parse.GetRequiredValue(_data);
        if (!TableLoader.IsTable(path))
        {
            throw new FlowException(FlowErrorKind.InvalidArgument, $"{path}: holds images, the detector expects a table");
        }

        TableParts parts = WaitLine.During(parse, $"reading {path}", () => TableLoader.Load(
            path, CommandOptions.Format(parse, _label, _header), detector.Schema.SplitSeed, detector.Schema));
        TableDataset rows = TableSource.RowsOf(parts, parse.GetValue(_part)).Take(parse.GetValue(_limit) ?? int.MaxValue);
        TableSource.WriteNotes(detector.Schema, rows, parse.InvocationConfiguration.Error);
        AnomalyLabels? labels = rows.Labels is int[] values && (CommandOptions.IsGiven(parse, _label) || parse.GetValue(_normal) is not null)
            ? AnomalyLabels.Of(values, rows.ClassNames, parse.GetValue(_normal), rows.Name)
            : null;
        AnomalyFindings found = WaitLine.During(parse, $"scoring {rows.Count} rows", () => detector.Score(rows));
        if (parse.GetValue(_report) is string report)
        {
            WaitLine.During(
                parse,
                $"finding the columns to blame for {report}",
                () => AnomalyReport.Write(report, detector, rows, found, labels?.IsAnomaly));
        }

        return DetectorScores.Of(detector, rows, found, labels);
    }

    private static (string Csv, string Summary) ScorePictures(
        ParseResult parse, AnomalyDetector detector, PictureNetwork network, string checkpoint)
    {
        Refuse(parse, "tables, the detector is of pictures", _label, _header);
        string? heatMaps = parse.GetValue(_heatMaps);
        if (heatMaps is not null && !network.IsByPosition)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument, "--heat-maps is for detectors of positions (flow detect --positions)");
        }

        ImageReading reading = PictureOptions.Of(new ImagePreparation(Channels: 3));
        PictureSet pictures = PictureSet.Open(
            parse.GetRequiredValue(_data), reading, parse.GetValue(_part), parse.GetValue(_limit) ?? int.MaxValue);
        pictures.WriteNotes(parse.InvocationConfiguration.Error);
        AnomalyLabels? labels = parse.GetValue(_normal) is not string normal ? null
            : pictures.Labels is int[] values ? AnomalyLabels.Of(values, pictures.ClassNames, normal, pictures.Name)
            : throw new FlowException(
                FlowErrorKind.InvalidArgument, $"--normal is given, and {pictures.Name} has no labels, expected sub-folders of classes");
        using PictureFeatures features = PictureFeatures.Open(
            parse.GetValue(_network) ?? PictureFeatures.PathInRun(checkpoint), reading.Decoder!, network);
        PictureScores scores = WaitLine.During(
            parse, $"scoring {pictures.Files.Count} pictures", () => new PictureScores(detector, features, pictures, labels, heatMaps));
        if (parse.GetValue(_report) is string report)
        {
            scores.WriteReport(report, reading.Decoder!);
        }

        return (scores.Csv(), scores.Summary());
    }

    /// <summary>Refuses options that the checkpoint has no use for.</summary>
    private static void Refuse(ParseResult parse, string areFor, params Option[] options)
    {
        if (options.FirstOrDefault(option => CommandOptions.IsGiven(parse, option)) is Option refused)
        {
            throw new FlowException(FlowErrorKind.InvalidArgument, $"{refused.Name} is for {areFor}");
        }
    }

    /// <summary>The mean log density of the training part of a source, of the first of its images where there are many.</summary>
    private static double TypicalLogProb(ParseResult parse, Model model, string path)
    {
        int? most = model.Config.Unit == SampleUnit.Image ? MostReferenceImages : null;
        IDataset data = Source(parse, model, path).Part(DataPart.Train, model.Config, most);
        return WaitLine.During(
            parse,
            $"evaluating {data.Count} {data.Unit.Plural} of {path}",
            model,
            data.Count,
            () => Evaluation.Run(model, data, parse.GetValue(_seed)).Nats);
    }

    /// <summary>The scores, which are anomalies where that is known, and of a model of classes the likeliest of each.</summary>
    private static (AnomalyScores Scores, AnomalyLabels? Labels, string[]? Classes) Score(
        ParseResult parse, Model model, double? typical)
    {
        if (parse.GetValue(_normal) is not null && parse.GetValue(_anomalies) is not null)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument, "--normal is given beside --anomalies, beside which all of --data are normal");
        }

        IDataset data = Load(parse, model, parse.GetRequiredValue(_data));
        ulong seed = parse.GetValue(_seed);
        AnomalyLabels? labels = parse.GetValue(_anomalies) is null ? FindAnomalies(parse, model, data) : null;
        (AnomalyScores scores, string[]? classes) = ScoreAll(data);
        if (parse.GetValue(_anomalies) is not string anomalies)
        {
            return (scores, labels, classes);
        }

        IDataset odd = Load(parse, model, anomalies);
        (AnomalyScores others, string[]? oddClasses) = ScoreAll(odd);
        return (
            scores.Concat(others),
            new AnomalyLabels(
                [.. Enumerable.Repeat(false, scores.LogProb.Length), .. Enumerable.Repeat(true, others.LogProb.Length)],
                null),
            classes is null ? null : [.. classes, .. oddClasses!]);

        (AnomalyScores Scores, string[]? Classes) ScoreAll(IDataset some)
        {
            bool isOfClasses = model.Config.Options.Condition is { IsClass: true };
            return WaitLine.During(
                parse,
                $"scoring {some.Count} {some.Unit.Plural}",
                model,
                some.Count * (isOfClasses ? 2L : 1),
                () => (AnomalyScores.Of(model, some, typical, seed), isOfClasses ? Classify(model, some, seed) : null));
        }
    }

    /// <summary>The anomalies by the labels of the data; null where those do not tell them, which is said.</summary>
    private static AnomalyLabels? FindAnomalies(ParseResult parse, Model model, IDataset data)
    {
        string? normal = parse.GetValue(_normal);
        if (data.Labels is not int[] labels)
        {
            return normal is null ? null : throw new FlowException(
                FlowErrorKind.InvalidArgument, $"--normal is given, and {data.Name} has no labels (--label COLUMN of a CSV file)");
        }

        // Labels that are classes need not tell of anomalies.
        bool areClasses = data.Unit == SampleUnit.Image || model.Config.Options.Condition is { IsClass: true };
        bool isAsked = normal is not null || (CommandOptions.IsGiven(parse, _label) && !areClasses);
        if (!isAsked && data.Unit == SampleUnit.Image)
        {
            return null;
        }

        try
        {
            return AnomalyLabels.Of(labels, data.ClassNames, normal, data.Name);
        }
        catch (FlowException exception) when (!isAsked)
        {
            Note.Write(parse.InvocationConfiguration.Error, $"scores are not ranked: {exception.Message}");
            return null;
        }
    }

    private static string[] Classify(Model model, IDataset data, ulong seed) =>
        Array.ConvertAll(ClassEvaluation.Predict(model, data, seed).Answers, model.Config.Classes.NameOf);

    private static DataSource Source(ParseResult parse, Model model, string path) => WaitLine.Reading(
        parse,
        path,
        _pictures.Reading(parse),
        reading => DataSource.Load(path, model.Config, CommandOptions.Format(parse, _label, _header), reading));

    private static IDataset Load(ParseResult parse, Model model, string path)
    {
        IDataset data = Source(parse, model, path)
            .Part(
                parse.GetValue(_part), model.Config, parse.GetValue(_limit), parse.InvocationConfiguration.Error);
        return data.Count > 0
            ? data
            : throw new FlowException(FlowErrorKind.InvalidArgument, $"{path}: that part has no {data.Unit.Plural}");
    }

    private static void Summarize(
        TextWriter output,
        SampleUnit unit,
        AnomalyScores scores,
        AnomalyLabels? labels,
        double? typical,
        List<(string Name, double Auroc, double AveragePrecision)> ranking)
    {
        double mean = Evaluation.Positive(scores.LogProb, out int leftOut).Average();
        output.WriteLine(
            FormattableString.Invariant($"{scores.LogProb.Length} scored, mean log density {mean:0.00} nats")
            + Note.LeftOut(leftOut, unit)
            + (typical is double training
                ? FormattableString.Invariant($"; of the training data {training:0.00}")
                : "; no typicality: the checkpoint has no training mean (--reference)"));
        if (labels is not { IsAnomaly: bool[] isAnomaly })
        {
            return;
        }

        double anomalous = MeanOf(anomaly: true);
        double normal = MeanOf(anomaly: false);
        output.WriteLine(FormattableString.Invariant(
            $"{isAnomaly.Count(a => a)} anomalies of mean {anomalous:0.00} nats, the others {normal:0.00}")
            + (labels.Normal is null ? string.Empty : $"; the label {labels.Normal} is normal (--normal)"));
        output.WriteLine($"{"score",-20} {"AUROC",8} {"average precision",18}");
        foreach ((string name, double auroc, double precision) in ranking)
        {
            output.WriteLine(FormattableString.Invariant($"{name,-20} {auroc,8:0.0000} {precision,18:0.0000}"));
        }

        double MeanOf(bool anomaly) =>
            Evaluation.Positive([.. scores.LogProb.Where((_, i) => isAnomaly[i] == anomaly)], out _).Average();
    }

    /// <summary>The log density as it is, then the other scores.</summary>
    private static IEnumerable<(string Name, double[] Values)> Columns(AnomalyScores scores) =>
        scores.All().Skip(1).Prepend(("log_prob", scores.LogProb));

    private static string Csv(AnomalyScores scores, bool[]? isAnomaly, string[]? classes)
    {
        (string Name, double[] Values)[] columns = [.. Columns(scores)];
        StringBuilder text = new();
        text.Append("row").Append(isAnomaly is null ? string.Empty : ",anomaly");
        text.Append(classes is null ? string.Empty : ",class").Append(',');
        text.AppendJoin(',', columns.Select(column => column.Name)).Append('\n');
        for (int i = 0; i < scores.LogProb.Length; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{i}");
            text.Append(isAnomaly is null ? string.Empty : isAnomaly[i] ? ",1" : ",0");
            text.Append(classes is null ? string.Empty : $",{CsvWriter.Quoted(classes[i])}").Append(',');
            text.AppendJoin(',', columns.Select(column => CsvWriter.Number(column.Values[i]))).Append('\n');
        }

        return text.ToString();
    }

    private static string Json(
        SampleUnit unit,
        AnomalyScores scores,
        AnomalyLabels? labels,
        string[]? classes,
        double? typical,
        List<(string Name, double Auroc, double AveragePrecision)> ranking)
    {
        JsonObject json = new()
        {
            ["unit"] = unit.Name,
            ["count"] = scores.LogProb.Length,
            ["training_log_prob"] = JsonNumber.Finite(typical),
            ["scores"] = new JsonObject([.. Columns(scores).Select(score =>
                KeyValuePair.Create<string, JsonNode?>(score.Name, Numbers(score.Values)))]),
        };
        if (classes is not null)
        {
            json["class"] = new JsonArray([.. classes.Select(name => (JsonNode)name)]);
        }

        if (labels?.Normal is string normal)
        {
            json["normal"] = normal;
        }

        if (labels?.IsAnomaly is bool[] isAnomaly)
        {
            json["anomaly"] = new JsonArray([.. isAnomaly.Select(a => (JsonNode)(a ? 1 : 0))]);
            json["ranking"] = new JsonObject([.. ranking.Select(entry => KeyValuePair.Create<string, JsonNode?>(
                entry.Name,
                new JsonObject { ["auroc"] = entry.Auroc, ["average_precision"] = entry.AveragePrecision }))]);
        }

        return json.ToJsonString() + "\n";
    }

    private static JsonArray Numbers(double[] values) =>
        new([.. values.Select(value => (JsonNode?)JsonNumber.Finite(value))]);
}
