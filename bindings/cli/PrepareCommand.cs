using System.CommandLine;
using System.Diagnostics;

using FlowEngine.Data;

namespace FlowEngine.Cli;

/// <summary><c>flow prepare</c>: images or a table to a prepared set, from which training reads samples by index.</summary>
internal static class PrepareCommand
{
    private static readonly Argument<string> _data = new("DATA")
    {
        Description = "The images or the table, as for train --data",
    };

    private static readonly Argument<string> _out = new("OUT")
    {
        Description = "The folder to make, which is not there yet; --data of the other commands takes it",
    };

    private static readonly PictureOptions _pictures = new();

    private static readonly Option<string?> _label = CommandOptions.Text(
        "--label", "COLUMN", "Tables: the label column, by name or index from 0 [default: none]");

    private static readonly Option<string?> _header = CommandOptions.Header();

    public static Command Build()
    {
        Command command = new(
            "prepare",
            "Makes .npy files of images, decoded and resized once, or of a table in CSV, Parquet or Arrow, with labels and names. "
            + "Training reads them by index, so they may be larger than memory.")
        {
            _data, _out, _pictures.Size, _pictures.Gray, _pictures.Rgb, _label, _header,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parse)
    {
        string target = parse.GetRequiredValue(_out);
        PreparedImages.RequireFree(target);
        long start = Stopwatch.GetTimestamp();
        string source = parse.GetRequiredValue(_data);
        TableReading table = CommandOptions.Format(parse, _label, _header);
        if (DataSource.UnitOf(source) == SampleUnit.Row)
        {
            _pictures.Reading(parse).RequireNone(source);
            (long rows, int columns, IReadOnlyList<string> notes) =
                WaitLine.During(parse, $"writing {target}", () => PreparedTables.Write(target, source, table));
            foreach (string note in notes)
            {
                Note.Write(parse.InvocationConfiguration.Error, note);
            }

            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            parse.InvocationConfiguration.Output.WriteLine(FormattableString.Invariant(
                $"{target}: {rows} rows of {columns} columns, read in {seconds:0.0} s, {rows / seconds:0} rows/s"));
            return 0;
        }

        table.RequireNone();
        ImageReading prepared = _pictures.Reading(parse) with { ScratchFolder = Path.GetDirectoryName(Path.GetFullPath(target))! };
        ImageParts parts = WaitLine.Reading(parse, source, prepared, reading => DatasetLoader.Load(source, reading));
        double decoded = Stopwatch.GetElapsedTime(start).TotalSeconds;
        new ImageSource(parts).WriteNotes(parse.InvocationConfiguration.Error);
        WaitLine.During(parse, $"writing {target}", () => PreparedImages.Write(target, parts));
        ImageDataset all = parts.All;
        parse.InvocationConfiguration.Output.WriteLine(FormattableString.Invariant(
            $"{target}: {parts.Train.Count} training, {parts.Validation?.Count ?? 0} validation and {parts.Test.Count} test images ")
            + FormattableString.Invariant($"of {all.Height}x{all.Width}x{all.Channels}, read in {decoded:0.0} s, ")
            + FormattableString.Invariant($"{all.Count / decoded:0} images/s"));
        return 0;
    }
}
