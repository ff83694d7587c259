using System.CommandLine;

using FlowEngine.Data;
using FlowEngine.Kernels;
using FlowEngine.Latents;
using FlowEngine.Models;

namespace FlowEngine.Cli;

/// <summary><c>flow interpolate</c>: the way from image to image through the latents, one row for each leg.</summary>
internal static class InterpolateCommand
{
    private const string DefaultOut = "interpolation.png";
    private const int MostPoints = 256;

    private static readonly LatentOptions _common = new(DefaultOut);
    private static readonly Option<string?> _data = CommandOptions.Text(
        "--data", "PATH", "The images, as for train [default: samples of the model]");

    private static readonly Option<string?> _images =
        LatentOptions.Images("--images", "The images to pass through", "one of each of four classes");

    private static readonly Option<int> _samples = CommandOptions.Number(
        "--samples", "How many samples to pass through, without --data", 4);

    private static readonly Option<double> _temperature = CommandOptions.Number(
        "--temperature", "Of the samples", 0.7);

    private static readonly Option<int> _points = CommandOptions.Number(
        "--points", "Images from one image to the next, with both of them", 9);

    private static readonly Option<PathKind> _path = CommandOptions.ChoiceOrFirst<PathKind>(
        "--path", "An arc, on which all points are as typical as the ends; or a straight line");

    public static Command Build()
    {
        Command command = _common.AddTo(new Command(
            "interpolate", "Draws a path between images, or between samples, through the latents of a model.")
        {
            _data, _images, _samples, _temperature, _points, _path,
        });
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parse)
    {
        int points = parse.GetValue(_points);
        if (points is < 2 or > MostPoints)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument, $"--points is {points}, expected 2 to {MostPoints}");
        }

        using IBackend backend = _common.Device.Open(parse);
        using Model model = _common.LoadModel(parse, backend);
        (EncodedImages encoded, string[] titles) = Encode(parse, model);
        if (encoded.Count < 2)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument, "a way needs at least two images, and one was given");
        }

        int decoded = (encoded.Count - 1) * points;
        ImageDataset legs = WaitLine.During(parse, $"decoding {decoded} images", model, decoded, () => Enumerable
            .Range(0, encoded.Count - 1)
            .Select(leg => encoded.Interpolate(leg, leg + 1, points, parse.GetValue(_path)))
            .Aggregate((all, next) => all.Concat(next)));
        _common.Write(
            parse,
            DefaultOut,
            legs,
            [.. Enumerable.Range(0, points).Select(i => i == 0 ? "from" : i == points - 1 ? "to" : $"{i}/{points - 1}")],
            [.. titles.Zip(titles.Skip(1), (from, to) => $"{from}, {to}")],
            encoded.RoundTripError);
        return 0;
    }

    private static (EncodedImages Images, string[] Titles) Encode(ParseResult parse, Model model)
    {
        if (parse.GetValue(_data) is string data)
        {
            ImageDataset images = _common.Load(parse, model, data);
            int[] chosen = NumberLists.Read(parse, _images, LatentOptions.Different(images, 0, 4));
            return (
                _common.Encode(parse, model, data, images, chosen),
                [.. chosen.Select(i => LatentOptions.TitleOf(images, i))]);
        }

        if (CommandOptions.IsGiven(parse, _images))
        {
            throw new FlowException(FlowErrorKind.InvalidArgument, "--images is given without --data");
        }

        int samples = parse.GetValue(_samples);
        EncodedImages drawn = WaitLine.During(parse, $"drawing {samples} images", model, 3L * samples, () => EncodedImages.Draw(
            model, samples, parse.GetValue(_temperature), parse.GetValue(_common.Seed)));
        return (drawn, [.. Enumerable.Range(0, drawn.Count).Select(i => $"sample {i}")]);
    }
}
