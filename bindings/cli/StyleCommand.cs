using System.CommandLine;

using FlowEngine.Data;
using FlowEngine.Kernels;
using FlowEngine.Latents;
using FlowEngine.Models;

namespace FlowEngine.Cli;

/// <summary><c>flow style</c>: images with some levels of their latents like those of others.</summary>
internal static class StyleCommand
{
    private const string DefaultOut = "style.png";

    private static readonly LatentOptions _common = new(DefaultOut);
    private static readonly Option<string> _data = new("--data")
    {
        HelpName = "PATH",
        Description = "The images to change, as for train",
        Required = true,
    };

    private static readonly Option<string?> _images =
        LatentOptions.Images("--images", "The images to change", "one of each of four classes");

    private static readonly Option<string?> _styleData = CommandOptions.Text(
        "--style-data", "PATH", "The images to imitate [default: those of --data]");

    private static readonly Option<string?> _styleImages =
        LatentOptions.Images("--style-images", "The images to imitate, in turn", "one of each of four other classes");

    private static readonly Option<string?> _levels = CommandOptions.Text(
        "--levels", "L,L", "The levels to change, from 0, the finest [default: all]");

    private static readonly Option<How> _how = CommandOptions.ChoiceOrFirst<How>(
        "--how", "Matches the mean and deviation of each channel, or takes the levels as they are");

    private static readonly Option<double> _strength = CommandOptions.Number(
        "--strength", "1 for all of it, 0 for nothing; an image pushed far from all data may turn black", 0.75);

    private enum How
    {
        Match,
        Exchange,
    }

    public static Command Build()
    {
        Command command = _common.AddTo(new Command(
            "style", "Makes images look like others, by their latents. Draws a row for the images, the others, and the results.")
        {
            _data, _images, _styleData, _styleImages, _levels, _how, _strength,
        });
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parse)
    {
        using IBackend backend = _common.Device.Open(parse);
        using Model model = _common.LoadModel(parse, backend);
        int[] levels = NumberLists.Read(parse, _levels, [.. Enumerable.Range(0, model.Flow.Levels.Count)]);
        string data = parse.GetRequiredValue(_data);
        string styleData = parse.GetValue(_styleData) ?? data;
        ImageDataset source = _common.Load(parse, model, data);
        ImageDataset styleSource = styleData == data ? source : _common.Load(parse, model, styleData);
        int[] images = NumberLists.Read(parse, _images, LatentOptions.Different(source, 0, 4));
        int[] like = NumberLists.Read(parse, _styleImages, LatentOptions.Different(styleSource, 4, 4));
        int[] styles = [.. Enumerable.Range(0, images.Length).Select(i => like[i % like.Length])];
        EncodedImages content = _common.Encode(parse, model, data, source, images);
        EncodedImages style = _common.Encode(parse, model, styleData, styleSource, styles);
        double strength = parse.GetValue(_strength);
        float[][] changed = parse.GetValue(_how) == How.Exchange
            ? StyleTransfer.Exchange(content.Latents, style.Latents, content.Count, levels, strength)
            : StyleTransfer.MatchStatistics(
                content.Latents, style.Latents, model.Flow.LatentShapes(content.Count), levels, strength);

        int decoded = 3 * content.Count;
        ImageDataset all = WaitLine.During(parse, $"decoding {decoded} images", model, decoded, () => content
            .Decode(content.Latents, content.Condition)
            .Concat(style.Decode(style.Latents, style.Condition))
            .Concat(content.Decode(changed, content.Condition)));
        int[] order = [.. Enumerable.Range(0, all.Count).Select(i => (i % 3 * content.Count) + (i / 3))];
        _common.Write(
            parse,
            DefaultOut,
            all.Select(order),
            ["image", "style", "both"],
            [
                .. images.Zip(styles, (image, like) =>
                    $"{LatentOptions.TitleOf(source, image)}, {LatentOptions.TitleOf(styleSource, like)}"),
            ],
            Math.Max(content.RoundTripError, style.RoundTripError));
        return 0;
    }
}
