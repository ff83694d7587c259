using System.CommandLine;
using System.Diagnostics;

using FlowEngine.Data;

namespace FlowEngine.Cli;

/// <summary><c>flow prepare</c>: pictures or arrays to a prepared set, from which training reads images by index.</summary>
internal static class PrepareCommand
{
    private static readonly Argument<string> _data = new("DATA")
    {
        Description = "The images, as for train --data",
    };

    private static readonly Argument<string> _out = new("OUT")
    {
        Description = "The folder to make, which is not there yet; --data of the other commands takes it",
    };

    private static readonly PictureOptions _pictures = new();

    public static Command Build()
    {
        Command command = new(
            "prepare",
            "Makes .npy files of a set of images, decoded and resized once, with labels and names. Training reads them by index, so "
            + "they may be larger than memory.")
        {
            _data, _out, _pictures.Size, _pictures.Gray, _pictures.Rgb,
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
