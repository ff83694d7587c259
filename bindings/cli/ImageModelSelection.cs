using System.CommandLine;
using System.Globalization;

using FlowEngine.Data;
using FlowEngine.Kernels;
using FlowEngine.Models;

namespace FlowEngine.Cli;

/// <summary>The model of images that a command line describes.</summary>
internal sealed class ImageModelSelection(TrainOptions options, ParseResult parse)
{
    private const int RealNvpHidden = 32;
    private const int RealNvpBlocks = 2;

    /// <summary>The options on the command line, before those of a checkpoint, before the defaults.</summary>
    /// <param name="data">The training images.</param>
    /// <param name="others">Images whose classes the model knows, too.</param>
    /// <param name="checkpoint">The model to start from; null for none.</param>
    /// <exception cref="FlowException">A size is out of range, or an option does not belong to the kind.</exception>
    public ModelConfig Configure(ImageDataset data, ImageDataset others, ModelConfig? checkpoint)
    {
        IModelOptions? from = checkpoint?.Options;
        ModelSelection selection = new(options, parse);
        string kind = selection.Kind(from);
        int bins = parse.GetValue(options.Bins) ?? data.Bins;
        DataClasses? classes = null;
        ConditionOptions? condition = selection.Condition(
            kind,
            () => (classes = DataClasses.Of(data.Labels, others.Labels ?? [], data.ClassNames, data.Name)).Count,
            from);
        IModelOptions model = kind switch
        {
            ModelSelection.Glow => Glow(data, bins, condition, from as GlowOptions),
            ModelSelection.RealNvp => RealNvp(data, bins, condition, from as RealNvpOptions),
            _ => selection.Vector(kind, data.Height, data.Width, data.Channels, bins, condition, from),
        };
        if (classes is null && checkpoint is { Options.Condition.IsClass: true } && data.Labels is int[] labels)
        {
            // The checkpoint's classes stay the model's: the data are matched with them by name.
            classes = checkpoint.Classes.Recount(checkpoint.Classes.Number(labels, data.ClassNames, data.Name));
        }

        return new ModelConfig(model, IsInitialized: false, ImageSchema.Of(data, model) with { Classes = classes });
    }

    private GlowOptions Glow(ImageDataset data, int bins, ConditionOptions? condition, GlowOptions? from)
    {
        new ModelSelection(options, parse).RequireFits(ModelSelection.Glow);
        bool isPadded = CommandOptions.IsGiven(parse, options.Pad);
        int? padTo = PadSize();
        DefaultSizes sizes = DefaultSizes.For(data, padTo ?? data.Height, padTo ?? data.Width, isPadded);
        int levels = parse.GetValue(options.Levels) ?? from?.Levels ?? sizes.Levels;
        (int height, int width) = Padded(data, levels);
        GlowOptions glow = new()
        {
            Preset = parse.GetValue(options.Preset) ?? from?.Preset ?? GlowPreset.Glow,
            Height = height,
            Width = width,
            Channels = data.Channels,
            Levels = levels,
            Steps = parse.GetValue(options.Steps) ?? from?.Steps ?? sizes.Steps,
            Hidden = parse.GetValue(options.Hidden) ?? from?.Hidden ?? sizes.Hidden,
            Coupling = parse.GetValue(options.Coupling) ?? from?.Coupling ?? CouplingKind.Affine,
            Bins = bins,
            Condition = condition,
        };
        glow.Validate();
        return glow;
    }

    private RealNvpOptions RealNvp(ImageDataset data, int bins, ConditionOptions? condition, RealNvpOptions? from)
    {
        new ModelSelection(options, parse).RequireFits(ModelSelection.RealNvp);
        int? padTo = PadSize();
        int levels = parse.GetValue(options.Levels) ?? from?.Levels ?? DefaultSizes.RealNvpLevels(
            padTo ?? data.Height, padTo ?? data.Width, CommandOptions.IsGiven(parse, options.Pad));
        (int height, int width) = Padded(data, levels - 1);
        RealNvpOptions realNvp = new()
        {
            Height = height,
            Width = width,
            Channels = data.Channels,
            Levels = levels,
            Hidden = parse.GetValue(options.Hidden) ?? from?.Hidden ?? RealNvpHidden,
            Blocks = parse.GetValue(options.Blocks) ?? from?.Blocks ?? RealNvpBlocks,
            Bins = bins,
            Condition = condition,
        };
        realNvp.Validate();
        return realNvp;
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

    private int? PadSize()
    {
        string? text = parse.GetValue(options.Pad);
        if (text is null)
        {
            return null;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int size) && size > 0
            ? size
            : throw new FlowException(
                FlowErrorKind.InvalidArgument, $"--pad is {text}, expected a number of pixels or nothing");
    }
}
