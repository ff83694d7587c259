using System.CommandLine;

using FlowEngine.Data;

namespace FlowEngine.Cli;

/// <summary>The options of commands that read images: which source, which part of it, how many.</summary>
internal sealed class DataOptions
{
    public Option<string> Data { get; } = new("--data")
    {
        HelpName = "PATH",
        Description = "The images: digits or a path, as for train",
        Required = true,
    };

    public Option<DataPart> Part { get; } = CommandOptions.ChoiceOrFirst<DataPart>(
        "--part", "Which images; a source without a test part is split as in training");

    public Option<int?> Limit { get; } = CommandOptions.Number<int>("--limit", "Only the first N images [default: all]");

    internal enum DataPart
    {
        Test,
        Train,
        All,
    }

    public ImageDataset Load(ParseResult parse)
    {
        (ImageDataset train, ImageDataset test) = DatasetLoader.Load(parse.GetRequiredValue(Data));
        ImageDataset data = parse.GetValue(Part) switch
        {
            DataPart.Train => train,
            DataPart.Test => test,
            _ => Join(train, test),
        };
        return parse.GetValue(Limit) switch
        {
            null => data,
            < 1 => throw new FlowException(
                FlowErrorKind.InvalidArgument, $"limit is {parse.GetValue(Limit)}, expected a positive number"),
            int limit => data.Take(Math.Min(limit, data.Count)),
        };
    }

    private static ImageDataset Join(ImageDataset first, ImageDataset second)
    {
        byte[][] images = new byte[first.Count + second.Count][];
        for (int i = 0; i < images.Length; i++)
        {
            images[i] = i < first.Count ? first[i].ToArray() : second[i - first.Count].ToArray();
        }

        return new ImageDataset(first.Name, first.Height, first.Width, first.Channels, first.Bins, images);
    }
}
