using System.CommandLine;

using FlowEngine.Architecture;
using FlowEngine.Data;
using FlowEngine.Models;
using FlowEngine.Settings;

namespace FlowEngine.Cli;

/// <summary>The model of images that a command line describes.</summary>
internal sealed class ImageModelSelection(TrainOptions options, ParseResult parse)
{
    /// <summary>The options on the command line, before those of a checkpoint, before the defaults.</summary>
    /// <param name="parts">The images; the model knows the classes of all parts.</param>
    /// <param name="checkpoint">The model to start from; null for none.</param>
    /// <exception cref="FlowException">A size is out of range, or an option does not belong to the kind.</exception>
    public ModelConfig Configure(ImageParts parts, ModelConfig? checkpoint)
    {
        ImageDataset data = parts.Train;
        IModelOptions? from = checkpoint?.Options;
        ModelKind kind = parse.GetValue(options.Model.Kind) is string name
            ? ModelKinds.Get(name)
            : from?.Kind ?? GlowOptions.Description;
        if (CommandOptions.IsGiven(parse, options.Pad))
        {
            ModelFlags.RequireFits(options.Pad, ModelKinds.All.Where(known => known.Data == DataKind.Images), kind);
        }

        int? padTo = PadSize();
        int bins = parse.GetValue(options.Bins) ?? data.Bins;
        DataShape shape = new(padTo ?? data.Height, padTo ?? data.Width, data.Channels, bins)
        {
            IsPadded = CommandOptions.IsGiven(parse, options.Pad),
            ExtremeShare = ExtremeShare(data.Quantize(Math.Clamp(bins, 2, data.Bins)), padTo),
        };
        IModelOptions model = options.Model.Create(parse, kind, shape, from?.Kind == kind ? from : null);
        (int height, int width) = Padded(data, kind.Halvings(model));
        model = model.WithShape(shape with { Height = height, Width = width });
        DataClasses? classes = null;
        if (CommandOptions.IsGiven(parse, options.Conditional))
        {
            classes = DataClasses.Of(
                data.Labels,
                [.. parts.Validation?.Labels ?? [], .. parts.Test.Labels ?? []],
                data.ClassNames,
                data.Name);
            model = model.WithCondition(new ConditionOptions(classes.Count, IsClass: true, options.Into(parse, model)));
        }
        else
        {
            model = model.WithCondition(from?.Condition);
        }

        model.Validate();
        if (classes is null && checkpoint is { Options.Condition.IsClass: true } && data.Labels is int[] labels)
        {
            // The checkpoint's classes stay the model's: the data are matched with them by name.
            classes = checkpoint.Classes.Recount(checkpoint.Classes.Number(labels, data.ClassNames, data.Name));
        }

        // Integers that are all below the grey levels asked for are levels already.
        bool areLevels = bins is >= 2 && parts.All.AreLevelsOf(bins);
        return new ModelConfig(
            model,
            IsInitialized: false,
            ImageSchema.Of(data, model) with
            {
                Classes = classes,
                Levels = areLevels ? Math.Min(bins, data.Bins) : data.Bins,
                Preparation = parts.Preparation,
            });
    }

    /// <summary>The size of the images, after the padding that was asked for.</summary>
    private (int Height, int Width) Padded(ImageDataset data, int halvings)
    {
        int? padTo = PadSize();
        if (!CommandOptions.IsGiven(parse, options.Pad) || padTo is not null || halvings is < 0 or > 16)
        {
            return (padTo ?? data.Height, padTo ?? data.Width);
        }

        int factor = 1 << halvings;
        return ((data.Height + factor - 1) / factor * factor, (data.Width + factor - 1) / factor * factor);
    }

    /// <summary>Of images with a border of zeros, where its size is known already.</summary>
    private static double ExtremeShare(ImageDataset data, int? padTo)
    {
        double inside = padTo is int size ? Math.Min(1, (double)(data.Height * data.Width) / ((double)size * size)) : 1;
        return 1 - (inside * (1 - data.ExtremeShare()));
    }

    private int? PadSize()
    {
        string? text = parse.GetValue(options.Pad);
        if (text is null)
        {
            return null;
        }

        return NumberText.TryParse(text, out int size) && size > 0
            ? size
            : throw new FlowException(
                FlowErrorKind.InvalidArgument, $"--pad is {text}, expected a number of pixels or nothing");
    }
}
