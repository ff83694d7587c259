using System.CommandLine;
using System.Diagnostics;

using FlowEngine.Anomalies;
using FlowEngine.Checkpoints;
using FlowEngine.Data;
using FlowEngine.Training;

namespace FlowEngine.Cli;

/// <summary><c>flow detect</c>: fits an anomaly detector to the rows of a table; <c>flow score</c> asks it.</summary>
internal static class DetectCommand
{
    private static readonly AnomalyOptions _defaults = new();

    private static readonly Option<string> _data = new("--data")
    {
        HelpName = "PATH",
        Description = "The rows, mostly normal, as for train",
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

    private static readonly Option<DataPart> _part = CommandOptions.ChoiceOrFirst<DataPart>("--part", "Which rows are fitted");

    private static readonly Option<string?> _label = CommandOptions.Text(
        "--label", "COLUMN", "The label column, by name or index from 0: it is left out");

    private static readonly Option<string?> _header = CommandOptions.Header();
    private static readonly Option<ulong> _seed = CommandOptions.Seed();

    public static Command Build()
    {
        Command command = new("detect", "Fits an anomaly detector to rows that are mostly normal; flow score asks it.")
        {
            _data, _out, _contamination, _falseAlarms, _part, _label, _header, _seed,
        };
        command.SetAction((parse, cancel) => Task.FromResult(Run(parse, cancel)));
        return command;
    }

    private static int Run(ParseResult parse, CancellationToken cancel)
    {
        if (CommandOptions.IsGiven(parse, _contamination) && CommandOptions.IsGiven(parse, _falseAlarms))
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument, "--contamination and --false-alarms are given, expected one of them");
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
        if (!TableLoader.IsTable(path))
        {
            throw new FlowException(FlowErrorKind.InvalidArgument, $"{path}: holds images, expected a table");
        }

        TableParts parts = TableLoader.Load(path, CommandOptions.Format(parse, _label, _header), options.Seed, null);
        TableDataset rows = TableSource.RowsOf(parts, parse.GetValue(_part));
        long start = Stopwatch.GetTimestamp();
        AnomalyDetector detector = AnomalyDetector.Fit(rows, options, cancel);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Directory.CreateDirectory(folder);
        detector.Save(Path.Combine(folder, CheckpointFile.NameInRun));
        foreach (string note in parts.Notes.Concat(detector.Schema.Scaling.Notes()))
        {
            Note.Write(parse.InvocationConfiguration.Error, note);
        }

        parse.InvocationConfiguration.Output.WriteLine(FormattableString.Invariant(
            $"{rows.Count} rows, {detector.Schema.Summary}, {seconds:0.0} s; threshold {detector.Threshold:0.0000} ")
            + (options.Contamination is double share
                ? FormattableString.Invariant($"for a contamination of {share}")
                : FormattableString.Invariant($"for {options.FalseAlarms} false alarms"))
            + $", by {detector.HeldOutRows} rows held out");
        return 0;
    }
}
