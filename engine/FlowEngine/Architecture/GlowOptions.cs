using FlowEngine.Kernels;
using FlowEngine.Settings;

namespace FlowEngine.Architecture;

/// <summary>The sizes of a Glow; height and width are divisible by 2^levels.</summary>
public sealed record GlowOptions : ImageOptions
{
    // Images with large areas of one level, dark or white. To give it its density a flow stretches it by the number of levels, and
    // the errors of all layers before with it: training is unstable, and slow. The logit with a margin of a tenth of a level makes the
    // first and the last level 2.4 wide, where levels in the middle have a 64th. Of 60,000 images of MNIST, four fifths of them 0,
    // it leaves 1.30 bits per dimension instead of 2.48. Of 20,000 of CIFAR-10, one fiftieth, 4.35 instead of 4.23. Nothing was
    // measured between.
    private const double LeastExtremeShare = 0.2;
    private const double LogitMarginByLevel = 0.1;

    /// <summary>The kind.</summary>
    public static ModelKind Description { get; } = new ModelKind<GlowOptions>
    {
        Name = "glow",
        Title = "Glow of images (Kingma and Dhariwal 2018)",
        Data = DataKind.Images,
        Settings =
        [
            new ChoiceSetting<GlowOptions, GlowPreset>(
                "preset",
                [("glow", GlowPreset.Glow), ("rosinality", GlowPreset.Rosinality)],
                o => o.Preset,
                (o, v) => o with { Preset = v, LogitMargin = v == GlowPreset.Rosinality ? 0 : o.LogitMargin },
                "Which variant; rosinality can be exported to PyTorch"),
            .. ShapeSettings,
            LevelsSetting("2 up to 32 pixels, 3 there in color, above as many as leave 4 pixels; less where the size does not "
                + "divide"),
            new NumberSetting<GlowOptions, int>(
                "steps", (1, 4096), o => o.Steps, (o, v) => o with { Steps = v }, "Steps of a level, K")
            {
                DefaultHelp = "8 up to 32 pixels, else 16",
            },
            HiddenSetting(1 << 15, "64 up to 16 pixels, 128 up to 32, else 256"),
            new ChoiceSetting<GlowOptions, CouplingKind>(
                "coupling",
                [("affine", CouplingKind.Affine), ("additive", CouplingKind.Additive)],
                o => o.Coupling,
                (o, v) => o with { Coupling = v },
                "The couplings"),
            LogitMarginSetting(0, "0, or a tenth of a grey level where a fifth of the values have the first or the last one"),
            BinsSetting,
        ],
        Default = Sizes,
        AsPublished = glow => glow with { Levels = 3, Steps = 32, Hidden = 512, LogitMargin = 0 },
        Fit = glow => glow.CheckFit(),
        Construct = Glow.Build,
        ImageHalvings = glow => glow.Levels,
        DefaultCondition = _ => ConditionInto.Prior,
        Compresses = true,
        IsExported = true,
        Refuses =
        [
            new(
                ModelUse.Compression,
                "conditional, and images to compress have no labels",
                glow => glow.Condition is not null),
            new(ModelUse.Export, Foreign("conditional"), glow => glow.Condition is not null),
            new(ModelUse.Export, Foreign("of preset glow"), glow => glow.Preset == GlowPreset.Glow),
            new(ModelUse.Export, Foreign("of logits"), glow => glow.LogitMargin > 0),
        ],
    };

    /// <summary>Steps of a level, K.</summary>
    public required int Steps { get; init; }

    /// <summary>Affine or additive couplings.</summary>
    public CouplingKind Coupling { get; init; } = CouplingKind.Affine;

    /// <summary>Which variant.</summary>
    public GlowPreset Preset { get; init; } = GlowPreset.Glow;

    /// <inheritdoc/>
    public override ModelKind Kind => Description;

    /// <inheritdoc/>
    protected override string Details =>
        $"{(Preset == GlowPreset.Glow ? "glow" : "rosinality")}: {Levels} levels of {Steps} steps, hidden {Hidden}, "
        + $"{(Coupling == CouplingKind.Affine ? "affine" : "additive")} couplings";

    private static GlowOptions Sizes(DataShape shape)
    {
        int size = Math.Min(shape.Height, shape.Width);
        int levels = size <= 16 || (size <= 32 && shape.Channels < 3) ? 2 : size <= 32 ? 3 : 1;
        while (size > 32 && size >> (levels + 1) >= 4)
        {
            levels++;
        }

        return new GlowOptions
        {
            Height = shape.Height,
            Width = shape.Width,
            Channels = shape.Channels,

            // At least 1: of an odd size the error of that tells of --pad.
            Levels = Math.Max(1, shape.Halvings(levels)),
            Steps = size <= 32 ? 8 : 16,
            Hidden = size <= 16 ? 64 : size <= 32 ? 128 : 256,
            Bins = shape.Bins ?? 256,
            LogitMargin = shape.ExtremeShare >= LeastExtremeShare ? LogitMarginByLevel / (shape.Bins ?? 256) : 0,
        };
    }

    private static string Foreign(string found) =>
        $"the model is {found}, which rosinality/glow-pytorch cannot compute; expected a model of preset rosinality that is "
        + "not conditional";

    private void CheckFit()
    {
        // The largest array of a layer: 3x3 taps between the widest ends of a network or a prior.
        long widest = (long)Channels << (Levels + 1);
        int conditions = Condition?.Length ?? 0;
        CheckImages(Math.Max(widest, (widest / 2) + conditions), Math.Max(Hidden, 2 * widest));
    }
}
