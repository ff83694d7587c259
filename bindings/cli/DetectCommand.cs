using System.CommandLine;
using System.Diagnostics;

using FlowEngine.Anomalies;
using FlowEngine.Checkpoints;
using FlowEngine.Data;
using FlowEngine.Settings;
using FlowEngine.Training;

namespace FlowEngine.Cli;

/// <summary><c>flow detect</c>: fits an anomaly detector to the rows of a table or to pictures; <c>flow score</c> asks it.</summary>
internal static class DetectCommand
{
    private const string ImageNetMean = "0.485,0.456,0.406";
    private const string ImageNetDeviation = "0.229,0.224,0.225";

    private static readonly AnomalyOptions _defaults = new();

    private static readonly Option<string> _data = new("--data")
    {
        HelpName = "PATH",
        Description = "The rows, mostly normal, as for train; or with --network a folder of pictures",
        Required = true,
    };

    private static readonly Option<string> _out = new("--out")
    {
        HelpName = "FOLDER",
        Description = "The folder of the detector; it must not exist, or be empty",
        Required = true,
    };

    private static readonly Option<double?> _contamination = CommandOptions.Number<double>(
        "--contamination", "The share of anomalies among the rows: so many are left out, and the threshold passes so many");

    private static readonly Option<double> _falseAlarms = CommandOptions.Number(
        "--false-alarms", "The share of normal rows that may be called anomalies, where no contamination is given", _defaults.FalseAlarms);

    private static readonly Option<DataPart> _part = CommandOptions.ChoiceOrFirst<DataPart>("--part", "Which rows or pictures are fitted");

    private static readonly Option<string?> _label = CommandOptions.Text(
        "--label", "COLUMN", "The label column, by name or index from 0: it is left out");

    private static readonly Option<string?> _header = CommandOptions.Header();

    private static readonly Option<string?> _network = CommandOptions.Text(
        "--network", "NET.onnx", "Pictures in a folder: the network that makes features of them, by ONNX Runtime");

    private static readonly Option<string?> _output = CommandOptions.Text(
        "--output", "NAME", "Pictures: the output of the network that has the features [default: the only one]");

    private static readonly Option<int?> _size = CommandOptions.Number<int>(
        "--size", "Pictures: they are resized to N x N pixels, where the network takes any size");

    private static readonly Option<string?> _mean = CommandOptions.Text(
        "--mean", "R,G,B", $"Pictures: what is taken off red, green and blue of 0 to 1 [default: ImageNet's, {ImageNetMean}]");

    private static readonly Option<string?> _deviation = CommandOptions.Text(
        "--std", "R,G,B", $"Pictures: what they are then divided by [default: ImageNet's, {ImageNetDeviation}]");

    private static readonly Option<bool> _positions = new("--positions")
    {
        Description = "Pictures: scores each position of an output (N, C, rows, columns), and a picture by the highest of them "
            + "[default: their mean is one row]",
    };

    private static readonly Option<ulong> _seed = CommandOptions.Seed();

    public static Command Build()
    {
        Command command = new(
            "detect", "Fits an anomaly detector to rows or pictures that are mostly normal; flow score asks it.")
        {
            _data, _out, _contamination, _falseAlarms, _part, _label, _header, _network, _output, _size, _mean, _deviation,
            _positions, _seed,
        };
        command.SetAction((parse, cancel) => Task.FromResult(Run(parse, cancel)));
        return command;
    }

    private static int Run(ParseResult parse, CancellationToken cancel)
    {
        if (CommandOptions.IsGiven(parse, _contamination) && CommandOptions.IsGiven(parse, _falseAlarms))
        {
            throw Invalid("--contamination and --false-alarms are given, expected one of them");
        }

        AnomalyOptions options = new()
        {
            Contamination = parse.GetValue(_contamination),
            FalseAlarms = parse.GetValue(_falseAlarms),
            Seed = parse.GetValue(_seed),
        };
        options.Validate();
        string folder = parse.GetRequiredValue(_out);
        RunFolder.RequireFree(folder);
        string path = parse.GetRequiredValue(_data);
        long start = Stopwatch.GetTimestamp();
        (AnomalyDetector detector, string fitted) = parse.GetValue(_network) is string network
            ? FitPictures(parse, path, network, folder, options, cancel)
            : FitRows(parse, path, options, cancel);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Directory.CreateDirectory(folder);
        detector.Save(Path.Combine(folder, CheckpointFile.NameInRun));
        foreach (string note in detector.Schema.Scaling.Notes())
        {
            Note.Write(parse.InvocationConfiguration.Error, note);
        }

        parse.InvocationConfiguration.Output.WriteLine(FormattableString.Invariant(
            $"{fitted}, {detector.Schema.Summary}, {seconds:0.0} s; threshold {detector.Threshold:0.0000} ")
            + (options.Contamination is double share
                ? FormattableString.Invariant($"for a contamination of {share}")
                : FormattableString.Invariant($"for {options.FalseAlarms} false alarms"))
            + $", by {detector.HeldOutRows} {(detector.Network is null ? "rows" : "pictures")} held out");
        return 0;
    }

    private static (AnomalyDetector Detector, string Fitted) FitRows(
        ParseResult parse, string path, AnomalyOptions options, CancellationToken cancel)
    {
        if (((Option[])[_output, _size, _mean, _deviation, _positions])
            .FirstOrDefault(option => CommandOptions.IsGiven(parse, option)) is Option refused)
        {
            throw Invalid($"{refused.Name} is for pictures, expected --network beside it");
        }

        if (!TableLoader.IsTable(path))
        {
            throw Invalid($"{path}: holds images, expected a table; of a folder of pictures, --network NET.onnx makes rows");
        }

        TableParts parts = WaitLine.During(
            parse, $"reading {path}", () => TableLoader.Load(path, CommandOptions.Format(parse, _label, _header), options.Seed, null));
        TableDataset rows = TableSource.RowsOf(parts, parse.GetValue(_part));
        AnomalyDetector detector = WaitLine.During(
            parse, $"fitting {rows.Count} rows of {rows.Columns.Count} columns", () => AnomalyDetector.Fit(rows, options, cancel));
        foreach (string note in parts.Notes)
        {
            Note.Write(parse.InvocationConfiguration.Error, note);
        }

        return (detector, $"{rows.Count} rows");
    }

    private static (AnomalyDetector Detector, string Fitted) FitPictures(
        ParseResult parse, string path, string network, string folder, AnomalyOptions options, CancellationToken cancel)
    {
        if (((Option[])[_label, _header]).FirstOrDefault(option => CommandOptions.IsGiven(parse, option)) is Option refused)
        {
            throw Invalid($"{refused.Name} is for tables, and --network is given, which is for pictures");
        }

        if (TableLoader.IsTable(path))
        {
            throw Invalid($"{path}: is a table, and --network is given, expected a folder of pictures");
        }

        ImageReading reading = PictureOptions.Of(new ImagePreparation(Channels: 3));
        PictureSet pictures = PictureSet.Open(path, reading, parse.GetValue(_part), int.MaxValue);
        pictures.WriteNotes(parse.InvocationConfiguration.Error);
        using PictureFeatures features = PictureFeatures.Open(
            network,
            reading.Decoder!,
            parse.GetValue(_output),
            parse.GetValue(_size),
            Colors(parse, _mean, ImageNetMean),
            Colors(parse, _deviation, ImageNetDeviation),
            parse.GetValue(_positions));
        if (!Array.TrueForAll(features.Settings.Deviation, value => value > 0))
        {
            throw Invalid($"--std is {parse.GetValue(_deviation)}, expected numbers above 0");
        }

        int count = pictures.Files.Count;
        AnomalyDetector detector = WaitLine.During(parse, $"fitting {count} pictures", told => AnomalyDetector.Fit(
            pictures.Name,
            count,
            i =>
            {
                told(i, count);
                return features.Rows(pictures.Read(i), pictures.Describe(i));
            },
            features.Settings,
            options,
            cancel));
        Directory.CreateDirectory(folder);
        features.Save(PictureFeatures.PathInRun(Path.Combine(folder, CheckpointFile.NameInRun)));
        (int rows, int columns) = features.Positions;
        string positions = features.Settings.IsByPosition ? $" of {rows}x{columns} positions" : string.Empty;
        return (detector, $"{count} pictures{positions}");
    }

    /// <summary>Three numbers, of red, green and blue.</summary>
    private static float[] Colors(ParseResult parse, Option<string?> option, string otherwise)
    {
        double[] defaults = [.. otherwise.Split(',').Select(text => NumberText.Parse<double>(text, option.Name))];
        double[] numbers = NumberLists.Read(parse, option, defaults);
        return numbers.Length == 3
            ? Array.ConvertAll(numbers, number => (float)number)
            : throw Invalid($"{option.Name} has {numbers.Length} numbers, expected 3: of red, green and blue");
    }

    private static FlowException Invalid(string message) => new(FlowErrorKind.InvalidArgument, message);
}
