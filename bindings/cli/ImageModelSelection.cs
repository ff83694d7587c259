using System.CommandLine;
using System.Globalization;

using FlowEngine.Data;
using FlowEngine.Kernels;
using FlowEngine.Models;
using FlowEngine.Training;

namespace FlowEngine.Cli;

/// <summary>The model of images that a command line describes.</summary>
internal sealed class ImageModelSelection(TrainOptions options, ParseResult parse)
{
    private const int RealNvpHidden = 32;
    private const int RealNvpBlocks = 2;

    /// <summary>The options on the command line, before those of a checkpoint, before the defaults.</summary>
    /// <param name="data">The training images.</param>
    /// <param name="from">The model of a checkpoint to start from; null for none.</param>
    /// <exception cref="FlowException">A size is out of range, or an option does not belong to the kind.</exception>
    public ModelConfig Configure(ImageDataset data, IModelOptions? from)
    {
        ModelSelection selection = new(options, parse);
        string kind = selection.Kind(from);
        int bins = parse.GetValue(options.Bins) ?? data.Bins;
        ConditionOptions? condition = selection.Condition(
            kind, () => Conditions.CountClasses(data.Labels, data.Name), from);
        IModelOptions model = kind switch
        {
            ModelSelection.Glow => Glow(data, bins, condition, from as GlowOptions),
            ModelSelection.RealNvp => RealNvp(data, bins, condition, from as RealNvpOptions),
            _ => selection.Vector(kind, data.Height, data.Width, data.Channels, bins, condition, from),
        };
        return new ModelConfig(model, IsInitialized: false, data.Name, data.Height, data.Width)
        {
            ClassCounts = condition is { IsClass: true } && data.Labels is int[] labels
                ? Conditions.Count(condition, labels, data.Name)
                : null,
        };
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
