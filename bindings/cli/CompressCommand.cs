using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;

using FlowEngine.Compression;
using FlowEngine.Data;
using FlowEngine.Kernels;
using FlowEngine.Likelihood;
using FlowEngine.Models;

namespace FlowEngine.Cli;

/// <summary><c>flow compress</c>: images to a file that the model makes short.</summary>
internal static class CompressCommand
{
    private static readonly Argument<string> _checkpoint = CommandOptions.Checkpoint();
    private static readonly Option<string> _data = new("--data")
    {
        HelpName = "PATH",
        Description = "The images, as for train",
        Required = true,
    };

    private static readonly Option<DataPart?> _part = CommandOptions.Choice<DataPart>(
        "--part", "Which images; a source without a test part is split as in training [default: test]");

    private static readonly PictureOptions _pictures = new();
    private static readonly Option<int?> _limit = CommandOptions.Number<int>(
        "--limit", "Only the first N images [default: all]");

    private static readonly Option<string> _out = new("--out")
    {
        HelpName = "FILE",
        Description = "The file to write",
        Required = true,
    };

    private static readonly Option<int> _block = CommandOptions.Number(
        "--block",
        "Images in a block: large blocks make a short file, small ones are faster where few images are read",
        ImageCompressor.DefaultImagesPerBlock);

    private static readonly Option<int> _batch = CommandOptions.Number(
        "--batch", "Blocks at once; no result depends on it", 64);

    private static readonly Option<ulong> _seed = CommandOptions.Seed();
    private static readonly DeviceOptions _device = new();
    private static readonly Option<bool> _json = CommandOptions.Json("Print one JSON object");

    public static Command Build()
    {
        Command command = new("compress", "Compresses images without loss by what a model knows of them, on the CPU.")
        {
            _checkpoint, _data, _part, _pictures.Size, _pictures.Gray, _pictures.Rgb, _limit, _out, _block, _batch, _seed, _device.Threads, _json,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parse)
    {
        using IBackend backend = _device.Open(parse);
        using Model model = Model.Load(CheckpointPath.Resolve(parse.GetRequiredValue(_checkpoint)), backend);
        model.BatchSize = parse.GetValue(_batch);
        ImageDataset data = Load(parse, model);
        if (model.Config.Options.Bins is int bins && data.Bins != bins)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"{data.Name} has {data.Bins} grey levels, and the model is of {bins}: coding without loss needs as many");
        }

        data = model.Config.Images.Apply(data);
        Evaluation expected = WaitLine.During(
            parse, $"evaluating {data.Count} images", model, data.Count, () => Evaluation.Run(model, data, parse.GetValue(_seed)));
        byte[] levels = new byte[(long)data.Count * model.Flow.Dims];
        for (int i = 0; i < data.Count; i++)
        {
            data[i].CopyTo(levels.AsSpan(i * model.Flow.Dims));
        }

        CompressionReport? report = null;
        double seconds = 0;
        string target = parse.GetRequiredValue(_out);
        AtomicFile.Write(target, stream =>
        {
            long start = Stopwatch.GetTimestamp();
            report = WaitLine.During(
                parse,
                $"compressing {data.Count} images",
                model,
                data.Count,
                () => ImageCompressor.Compress(model, levels, stream, parse.GetValue(_block)));
            seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        });
        Print(parse, target, model, report!, expected, seconds);
        return 0;
    }

    private static ImageDataset Load(ParseResult parse, Model model)
    {
        string path = parse.GetRequiredValue(_data);
        ImageSource source = WaitLine.Reading(
            parse, path, _pictures.Reading(parse), reading => ImageSource.Load(path, reading, model.Config.Images.Preparation));
        source.WriteNotes(parse.InvocationConfiguration.Error);
        ImageDataset data = source.Part(parse.GetValue(_part) ?? DataPart.Test);
        return parse.GetValue(_limit) switch
        {
            null => data,
            < 1 => throw new FlowException(
                FlowErrorKind.InvalidArgument, $"limit is {parse.GetValue(_limit)}, expected a positive number"),
            int limit => data.Take(limit),
        };
    }

    private static void Print(
        ParseResult parse,
        string target,
        Model model,
        CompressionReport report,
        Evaluation expected,
        double seconds)
    {
        double ratio = (double)model.Config.Images.Length * report.Images / report.LengthInBytes;
        TextWriter output = parse.InvocationConfiguration.Output;
        if (parse.GetValue(_json))
        {
            output.WriteLine(new JsonObject
            {
                ["images"] = report.Images,
                ["bytes"] = report.LengthInBytes,
                ["ratio"] = JsonNumber.Finite(ratio),
                ["bits_per_dim"] = JsonNumber.Finite(report.BitsPerDim),
                ["coded_bits_per_dim"] = JsonNumber.Finite(report.CodedBitsPerDim),
                ["model_bits_per_dim"] = JsonNumber.Finite(expected.BitsPerDim),
                ["coded_images"] = report.CodedImages,
                ["initial_bits"] = report.InitialBits,
                ["blocks"] = report.Blocks,
                ["stored_blocks"] = report.StoredBlocks,
                ["seconds"] = seconds,
                ["images_per_second"] = report.Images / seconds,
            }.ToJsonString());
            return;
        }

        output.WriteLine(FormattableString.Invariant(
            $"{target}: {report.Images} images in {report.LengthInBytes} bytes, 1/{ratio:0.00} of their size, ")
            + FormattableString.Invariant($"{seconds:0.0} s, {report.Images / seconds:0} images/s"));
        output.WriteLine(FormattableString.Invariant(
            $"{report.BitsPerDim:0.0000} bits per dimension with all that the file holds; coded images ")
            + FormattableString.Invariant(
                $"{report.CodedBitsPerDim:0.0000}, the model's own {expected.BitsPerDim:0.0000}; ")
            + FormattableString.Invariant(
                $"{report.InitialBits / 8:0} bytes begin {report.Blocks - report.StoredBlocks} blocks")
            + (report.StoredBlocks > 0 ? $", and {report.StoredBlocks} are stored as they are" : string.Empty));
    }
}
