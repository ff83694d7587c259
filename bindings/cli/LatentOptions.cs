using System.CommandLine;

using FlowEngine.Data;
using FlowEngine.Drawing;
using FlowEngine.Kernels;
using FlowEngine.Latents;
using FlowEngine.Models;

namespace FlowEngine.Cli;

/// <summary>
/// The options of the commands that encode images, change their latents and decode them into one picture.
/// </summary>
internal sealed class LatentOptions
{
    public LatentOptions(string defaultOut) =>
        Out = CommandOptions.Text("--out", "FILE", $"The PNG to write [default: {defaultOut}]");

    public Argument<string> Checkpoint { get; } = CommandOptions.Checkpoint();

    public Option<DataPart?> Part { get; } = CommandOptions.Choice<DataPart>(
        "--part", "Which images; a source without a test part is split as in training [default: test]");

    public Option<string?> Out { get; }

    public PictureOptions Pictures { get; } = new();

    public Option<ulong> Seed { get; } = CommandOptions.Seed();

    public DeviceOptions Device { get; } = new();

    /// <summary>A list of images by index.</summary>
    public static Option<string?> Images(string name, string what, string defaultList) =>
        CommandOptions.Text(name, "I,J", $"{what}, by index from 0 [default: {defaultList}]");

    /// <summary>Adds the options that all of the commands have.</summary>
    public Command AddTo(Command command)
    {
        command.Arguments.Add(Checkpoint);
        foreach (Option option in (Option[])[Part, .. Pictures.All, Out, Seed, Device.Name, Device.Threads])
        {
            command.Options.Add(option);
        }

        return command;
    }

    public Model LoadModel(ParseResult parse, IBackend backend)
    {
        Model model = Model.Load(CheckpointPath.Resolve(parse.GetRequiredValue(Checkpoint)), backend);
        try
        {
            _ = model.Config.Images;
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>The part of a source that the command line names.</summary>
    public ImageDataset Load(ParseResult parse, Model model, string path) =>
        Source(parse, model, path).Part(parse.GetValue(Part) ?? DataPart.Test);

    /// <summary>Images that differ: one of each class in turn, in the order in which they come; without classes, the first.</summary>
    /// <param name="images">The images.</param>
    /// <param name="first">Where in that order to begin.</param>
    /// <param name="count">How many.</param>
    public static int[] Different(ImageDataset images, int first, int count)
    {
        Dictionary<int, int> seen = [];
        return
        [
            .. Enumerable.Range(0, images.Count)
                .OrderBy(i => images.Labels is int[] labels ? seen[labels[i]] = seen.GetValueOrDefault(labels[i]) + 1 : 0)
                .Skip(first)
                .Take(count),
        ];
    }

    /// <summary>What pictures call an image: its index, and its class.</summary>
    public static string TitleOf(ImageDataset images, int index) => images.Labels is int[] labels
        ? FormattableString.Invariant($"{index} ({images.ClassNames?[labels[index]] ?? $"{labels[index]}"})")
        : FormattableString.Invariant($"{index}");

    /// <summary>Loads a source of images, and writes its notes.</summary>
    public ImageSource Source(ParseResult parse, Model model, string path)
    {
        ImageSource source = WaitLine.Reading(
            parse, path, Pictures.Reading(parse), reading => ImageSource.Load(path, reading, model.Config.Images.Preparation));
        source.WriteNotes(parse.InvocationConfiguration.Error);
        return source;
    }

    /// <summary>Encodes some images of a source.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="model">The model.</param>
    /// <param name="source">What errors call them.</param>
    /// <param name="images">The images.</param>
    /// <param name="indices">Which of them.</param>
    public EncodedImages Encode(ParseResult parse, Model model, string source, ImageDataset images, int[] indices)
    {
        foreach (int index in indices)
        {
            if ((uint)index >= (uint)images.Count)
            {
                throw new FlowException(
                    FlowErrorKind.InvalidArgument,
                    $"{source}: image {index} was asked for, and that part has {images.Count}, counted from 0");
            }
        }

        return Encode(parse, model, images.Select(indices));
    }

    /// <summary>Encodes images.</summary>
    public EncodedImages Encode(ParseResult parse, Model model, ImageDataset images) => WaitLine.During(
        parse,
        $"encoding {images.Count} images and back",
        model,
        2L * images.Count,
        () => EncodedImages.Of(model, images, parse.GetValue(Seed)));

    /// <summary>Writes the picture and one line about it.</summary>
    public void Write(
        ParseResult parse, string defaultOut, ImageDataset images, string[] columns, string[] rows, float roundTripError)
    {
        string target = parse.GetValue(Out) ?? defaultOut;
        CommandOptions.RequireOutput(target, Out, ".png");
        PngImage.Write(target, LabeledGrid.Compose(images, columns, rows));
        parse.InvocationConfiguration.Output.WriteLine(FormattableString.Invariant(
            $"{target}: {images.Count} images, {columns.Length} a row; ")
            + FormattableString.Invariant(
                $"encoded and decoded, no value is off by more than {roundTripError * images.Bins:0.0e0} grey levels"));
    }
}
