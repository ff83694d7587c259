using FlowEngine.Settings;

namespace FlowEngine.Architecture;

/// <summary>The sizes of a RealNVP; height and width are divisible by 2^(levels - 1).</summary>
public sealed record RealNvpOptions : ImageOptions
{
    /// <summary>The kind.</summary>
    public static ModelKind Description { get; } = new ModelKind<RealNvpOptions>
    {
        Name = "realnvp",
        Title = "RealNVP of images, with batch normalization between its couplings (Dinh, Sohl-Dickstein and Bengio 2017)",
        Data = DataKind.Images,
        Settings =
        [
            .. ShapeSettings,
            LevelsSetting("2 up to 16 pixels, else 3; less where the size does not divide"),
            HiddenSetting(4096, null),
            LogitMarginSetting(RealNvp.LogitMargin, null),
            new NumberSetting<RealNvpOptions, int>(
                "blocks", (1, 256), o => o.Blocks, (o, v) => o with { Blocks = v }, "Residual blocks of a network")
            {
                Label = "residual blocks",
            },
            BinsSetting,
        ],
        Default = shape => new RealNvpOptions
        {
            Height = shape.Height,
            Width = shape.Width,
            Channels = shape.Channels,
            Levels = 1 + shape.Halvings(Math.Min(shape.Height, shape.Width) <= 16 ? 1 : 2),
            Hidden = 32,
            Blocks = 2,
            Bins = shape.Bins ?? 256,
        },
        Fit = options => options.CheckImages(
            Math.Max((long)options.Channels << (options.Levels + 1), options.Hidden), options.Hidden),
        Construct = RealNvp.Build,
        ImageHalvings = options => options.Levels - 1,
        DefaultCondition = _ => ConditionInto.Prior,
        Refuses =
        [
            new(
                ModelUse.NetworkCondition,
                "the networks of a RealNVP take no condition: expected it only into the prior"),
        ],
    };

    /// <summary>The options of a model with the margin of the publication.</summary>
    public RealNvpOptions() => LogitMargin = RealNvp.LogitMargin;

    /// <summary>Residual blocks of a coupling network, each of two convolutions.</summary>
    public required int Blocks { get; init; }

    /// <inheritdoc/>
    public override ModelKind Kind => Description;

    /// <inheritdoc/>
    protected override string Details => $"{Kind}: {Levels} levels, {Blocks} residual blocks, hidden {Hidden}";
}
