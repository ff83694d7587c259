using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

using FlowEngine.Compression;
using FlowEngine.Data;
using FlowEngine.Kernels;
using FlowEngine.Models;

namespace FlowEngine.Cli;

/// <summary><c>flow decompress</c>: the images of a file that <c>flow compress</c> wrote.</summary>
internal static class DecompressCommand
{
    private static readonly Argument<string> _checkpoint = CommandOptions.Checkpoint();
    private static readonly Argument<string> _file = new("FILE") { Description = "What flow compress wrote" };
    private static readonly Option<string> _out = new("--out")
    {
        HelpName = "PATH",
        Description = "A .npy file of (N, H, W, C) bytes, or else a folder for PNG files",
        Required = true,
    };

    private static readonly Option<int> _first = CommandOptions.Number("--first", "The number of the first image", 0);
    private static readonly Option<int?> _limit = CommandOptions.Number<int>(
        "--limit", "Only N images: no other blocks are read [default: all]");

    private static readonly Option<int> _batch = CommandOptions.Number(
        "--batch", "Blocks at once; no result depends on it", 64);

    private static readonly DeviceOptions _device = new();
    private static readonly Option<bool> _json = CommandOptions.Json("Print one JSON object");

    public static Command Build()
    {
        Command command = new("decompress", "Brings compressed images back, byte for byte, with the same model.")
        {
            _checkpoint, _file, _out, _first, _limit, _batch, _device.Threads, _json,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parse)
    {
        using IBackend backend = _device.Open(parse);
        using Model model = Model.Load(CheckpointPath.Resolve(parse.GetRequiredValue(_checkpoint)), backend);
        model.BatchSize = parse.GetValue(_batch);
        (ImageDataset images, double seconds) = Read(parse, model, parse.GetRequiredValue(_file));
        string target = parse.GetRequiredValue(_out);
        if (target.EndsWith(".npy", StringComparison.OrdinalIgnoreCase))
        {
            AtomicFile.Write(target, stream => NpyWriter.Write(stream, images));
        }
        else
        {
            WritePictures(target, images, parse.GetValue(_first));
        }

        parse.InvocationConfiguration.Output.WriteLine(parse.GetValue(_json)
            ? new JsonObject
            {
                ["images"] = images.Count,
                ["seconds"] = seconds,
                ["images_per_second"] = images.Count / seconds,
            }.ToJsonString()
            : FormattableString.Invariant($"{target}: {images.Count} images of ")
                + $"{images.Height}x{images.Width}x{images.Channels}, "
                + FormattableString.Invariant($"{seconds:0.0} s, {images.Count / seconds:0} images/s"));
        return 0;
    }

    private static (ImageDataset Images, double Seconds) Read(ParseResult parse, Model model, string path)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            CompressedImages file = CompressedImages.Open(stream, path);
            int first = parse.GetValue(_first);
            int count = parse.GetValue(_limit) ?? Math.Max(0, file.Count - first);
            long start = Stopwatch.GetTimestamp();
            byte[] levels = WaitLine.During(parse, $"decompressing {count} images", model, count, () => file.Read(model, first, count));
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            byte[][] images = [.. levels.Chunk(model.Flow.Dims)];
            ImageDataset padded = new(
                Path.GetFileName(path), file.Height, file.Width, file.Channels, file.Bins, images);
            return (model.Config.Images.Restore(padded), seconds);
        }
        catch (UnauthorizedAccessException) when (Directory.Exists(path))
        {
            throw new FlowException(FlowErrorKind.Io, $"{path}: is a folder, expected a file");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FlowException(FlowErrorKind.Io, $"{path}: cannot be read: {exception.Message}", exception);
        }
    }

    private static void WritePictures(string folder, ImageDataset images, int first)
    {
        if (images.Bins != 256)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"--out is {folder}: images of {images.Bins} grey levels are not pictures, expected a .npy file");
        }

        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FlowException(FlowErrorKind.Io, $"{folder}: cannot be made: {exception.Message}", exception);
        }

        for (int i = 0; i < images.Count; i++)
        {
            string name = (first + i).ToString("00000", CultureInfo.InvariantCulture) + ".png";
            Image image = new(images.Height, images.Width, images.Channels, images[i].ToArray());
            AtomicFile.WriteOneOfMany(Path.Combine(folder, name), stream => stream.Write(PngImage.Encode(image)));
        }
    }
}
