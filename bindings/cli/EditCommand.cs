using System.CommandLine;

using FlowEngine.Data;
using FlowEngine.Kernels;
using FlowEngine.Latents;
using FlowEngine.Models;
using FlowEngine.Settings;

namespace FlowEngine.Cli;

/// <summary><c>flow edit</c>: images with more and less of an attribute, one row for each image.</summary>
internal static class EditCommand
{
    private const string DefaultOut = "edit.png";

    private static readonly LatentOptions _common = new(DefaultOut);
    private static readonly Option<string> _data = new("--data")
    {
        HelpName = "PATH",
        Description = "The images, as for train",
        Required = true,
    };

    private static readonly Option<string?> _images =
        LatentOptions.Images("--images", "The images to change", "one of each of four classes");

    private static readonly Option<string?> _with = CommandOptions.Text(
        "--with",
        "PATH|CLASSES",
        "Images with the attribute: a source of images, a folder in --data, or classes of --data with commas between");

    private static readonly Option<string?> _without = CommandOptions.Text(
        "--without", "PATH|CLASSES", "Images without it [default: all other classes]");

    private static readonly Option<Direction> _direction = CommandOptions.ChoiceOrFirst<Direction>(
        "--direction", "The difference of the two means, or the normal of a linear classifier");

    private static readonly Option<string?> _strengths = CommandOptions.Text(
        "--strengths", "S,S", "How far to go; 1 is as far as the two means are apart [default: -1,-0.5,0,0.5,1]");

    private static readonly Option<int> _limit = CommandOptions.Number(
        "--limit", "At most so many images with the attribute, and without it, of the training part", 1000);

    private enum Direction
    {
        Mean,
        Classifier,
    }

    public static Command Build()
    {
        Command command = _common.AddTo(new Command(
            "edit", "Draws images with more and less of an attribute, found from images with it and without it.")
        {
            _data, _images, _with, _without, _direction, _strengths, _limit,
        });
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parse)
    {
        double[] strengths = NumberLists.Read(parse, _strengths, [-1, -0.5, 0, 0.5, 1]);
        using IBackend backend = _common.Device.Open(parse);
        using Model model = _common.LoadModel(parse, backend);
        string data = parse.GetRequiredValue(_data);
        ImageDataset images = _common.Load(parse, model, data);
        int[] chosen = NumberLists.Read(parse, _images, LatentOptions.Different(images, 0, 4));
        EncodedImages encoded = _common.Encode(parse, model, data, images, chosen);
        (ImageDataset with, ImageDataset without) = Sides(parse, model, data);
        EncodedImages positive = _common.Encode(parse, model, with);
        EncodedImages negative = _common.Encode(parse, model, without);
        LatentDirection direction = parse.GetValue(_direction) == Direction.Mean
            ? LatentDirection.MeanDifference(positive.Latents, positive.Count, negative.Latents, negative.Count)
            : LatentDirection.ClassifierNormal(positive.Latents, positive.Count, negative.Latents, negative.Count);

        // By strength, and in the picture by image.
        int decoded = strengths.Length * encoded.Count;
        ImageDataset[] moved = WaitLine.During(parse, $"decoding {decoded} images", model, decoded, () => Array.ConvertAll(
            strengths,
            strength => encoded.Decode(direction.Apply(encoded.Latents, encoded.Count, strength), encoded.Condition)));
        ImageDataset all = moved.Aggregate((a, b) => a.Concat(b));
        int[] order =
        [
            .. Enumerable.Range(0, all.Count)
                .Select(i => (i % strengths.Length * encoded.Count) + (i / strengths.Length)),
        ];
        _common.Write(
            parse,
            DefaultOut,
            all.Select(order),
            [.. strengths.Select(strength => FormattableString.Invariant($"{strength}"))],
            [.. chosen.Select(i => LatentOptions.TitleOf(images, i))],
            encoded.RoundTripError);
        parse.InvocationConfiguration.Output.WriteLine(FormattableString.Invariant(
            $"the direction is of {positive.Count} images with and {negative.Count} without; ")
            + FormattableString.Invariant($"it has {100 * direction.Separated:0.0}% of them on their own side"));
        return 0;
    }

    private static (ImageDataset With, ImageDataset Without) Sides(ParseResult parse, Model model, string data)
    {
        string with = parse.GetValue(_with)
            ?? throw new FlowException(FlowErrorKind.InvalidArgument, "--with is missing: labels, or a source of images");
        string? without = parse.GetValue(_without);
        int limit = parse.GetValue(_limit);
        if (limit < 1)
        {
            throw new FlowException(FlowErrorKind.InvalidArgument, $"--limit is {limit}, expected a positive number");
        }

        ImageDataset train = _common.Source(parse, model, data).Parts.Train;
        if (LabelsOf(train, with) is not int[] positive)
        {
            return (Source(with), Source(without ?? throw new FlowException(
                FlowErrorKind.InvalidArgument, "--without is missing beside --with of a source")));
        }

        int[] labels = train.Labels
            ?? throw new FlowException(FlowErrorKind.InvalidArgument, $"{data} has no labels, expected sources of images");
        int[]? negative = without is null ? null : LabelsOf(train, without) ?? throw new FlowException(
            FlowErrorKind.InvalidArgument, $"--without is {without}, expected classes of {data}, as --with has");
        return (
            OfLabels(positive.Contains, $"--with {with}"),
            OfLabels(label => negative?.Contains(label) ?? !positive.Contains(label), $"--without {without}"));

        ImageDataset Source(string path)
        {
            string inData = Path.Combine(data, path);
            return _common.Source(parse, model, !Path.Exists(path) && Path.Exists(inData) ? inData : path).Parts.All.Take(limit);
        }

        ImageDataset OfLabels(Func<int, bool> belongs, string option)
        {
            int[] rows = [.. Enumerable.Range(0, train.Count).Where(i => belongs(labels[i])).Take(limit)];
            return rows.Length > 0
                ? train.Select(rows)
                : throw new FlowException(FlowErrorKind.InvalidArgument, $"{data} has no image of {option.Trim()}");
        }
    }

    /// <summary>The labels of classes with commas between, by name where they have names; null for the path of a source.</summary>
    private static int[]? LabelsOf(ImageDataset images, string text)
    {
        string[] names = text.Split(',', StringSplitOptions.TrimEntries);
        List<string>? known = images.ClassNames?.ToList();
        return known is not null && names.All(known.Contains) ? [.. names.Select(name => known.IndexOf(name))]
            : names.All(name => name.Length > 0 && name.All(char.IsAsciiDigit))
                ? [.. names.Select(name => NumberText.Parse<int>(name, "a label"))]
                : null;
    }
}
