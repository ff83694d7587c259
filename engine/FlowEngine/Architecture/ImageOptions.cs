using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Settings;

namespace FlowEngine.Architecture;

/// <summary>What the models of images share.</summary>
public abstract record ImageOptions : IModelOptions
{
    private const int MaximumSize = 1 << 16;
    private const double LargestLogitMargin = 0.49;

    /// <inheritdoc/>
    public required int Height { get; init; }

    /// <inheritdoc/>
    public required int Width { get; init; }

    /// <summary>Channels of an image.</summary>
    public required int Channels { get; init; }

    /// <summary>Levels, L.</summary>
    public required int Levels { get; init; }

    /// <summary>Hidden channels of the coupling networks.</summary>
    public required int Hidden { get; init; }

    /// <summary>Grey levels of the data, 2 to 256.</summary>
    public int Bins { get; init; } = 256;

    /// <summary>α of the logit transform that the flow begins with (see <see cref="LogitMap"/>); 0 for none.</summary>
    public double LogitMargin { get; init; }

    /// <inheritdoc/>
    public ConditionOptions? Condition { get; init; }

    int? IModelOptions.Bins => Bins;

    /// <inheritdoc/>
    public abstract ModelKind Kind { get; }

    /// <inheritdoc/>
    public string Summary => Details + (Condition is null ? string.Empty : $", {Condition.Summary}");

    /// <summary>The <see cref="Summary"/> but for the condition.</summary>
    protected abstract string Details { get; }

    /// <summary>The descriptions of height, width and channels.</summary>
    protected static IReadOnlyList<Setting> ShapeSettings { get; } =
    [
        new NumberSetting<ImageOptions, int>(
            "height", (1, MaximumSize), o => o.Height, (o, v) => o with { Height = v }, "Rows of an image") { IsOfData = true },
        new NumberSetting<ImageOptions, int>(
            "width", (1, MaximumSize), o => o.Width, (o, v) => o with { Width = v }, "Columns of an image") { IsOfData = true },
        new NumberSetting<ImageOptions, int>(
            "channels", (1, 4096), o => o.Channels, (o, v) => o with { Channels = v }, "Channels of an image")
        {
            IsOfData = true,
        },
    ];

    /// <summary>The description of the grey levels.</summary>
    protected static Setting BinsSetting { get; } = new NumberSetting<ImageOptions, int>(
        "bins", (2, 256), o => o.Bins, (o, v) => o with { Bins = v }, "Grey levels of the data")
    {
        IsOfData = true,
    };

    /// <summary>The description of the logit transform.</summary>
    /// <param name="inOlderFiles">The margin of models that were made before it could be chosen.</param>
    /// <param name="defaultHelp">The default in words; null where it depends on nothing.</param>
    protected static Setting LogitMarginSetting(double inOlderFiles, string? defaultHelp) => new NumberSetting<ImageOptions, double>(
        "logit_margin",
        (0, LargestLogitMargin),
        o => o.LogitMargin,
        (o, v) => o with { LogitMargin = v },
        "The flow begins with logit(N + (1 - 2N) x), x the grey level from 0 to 1; 0 for none")
    {
        DefaultHelp = defaultHelp,
        InOlderFiles = inOlderFiles,
    };

    /// <summary>The description of the levels.</summary>
    /// <param name="defaultHelp">Their default in words.</param>
    protected static Setting LevelsSetting(string defaultHelp) => new NumberSetting<ImageOptions, int>(
        "levels", (1, 16), o => o.Levels, (o, v) => o with { Levels = v }, "Levels, L")
    {
        DefaultHelp = defaultHelp,
    };

    /// <summary>The description of the hidden channels.</summary>
    /// <param name="largest">The largest number.</param>
    /// <param name="defaultHelp">The default in words; null where it depends on nothing.</param>
    protected static Setting HiddenSetting(int largest, string? defaultHelp) => new NumberSetting<ImageOptions, int>(
        "hidden", (1, largest), o => o.Hidden, (o, v) => o with { Hidden = v }, "Hidden channels of the networks")
    {
        DefaultHelp = defaultHelp,
    };

    /// <inheritdoc/>
    public IModelOptions WithShape(DataShape shape) => this with
    {
        Height = shape.Height,
        Width = shape.Width,
        Channels = shape.Channels,
        Bins = shape.Bins ?? Bins,
    };

    /// <inheritdoc/>
    public IModelOptions WithCondition(ConditionOptions? condition) => this with { Condition = condition };

    /// <inheritdoc/>
    public void Validate() => Kind.Validate(this);

    /// <inheritdoc/>
    public Flow Build() => Kind.Build(this);

    /// <summary>What the first level begins with: the logit transform, where there is one.</summary>
    internal IEnumerable<IFlowLayer> FirstLayers() =>
        LogitMargin > 0 ? [new ElementwiseLayer("logit", ElementwiseMap.Of(new LogitMap(LogitMargin)))] : [];

    /// <summary>Checks what does not fit into arrays, and whether the images can be halved.</summary>
    /// <param name="widestHidden">Of the two ends of the widest convolution that of fewer channels, at least.</param>
    /// <param name="widestEnd">The other.</param>
    private protected void CheckImages(long widestHidden, long widestEnd)
    {
        // After its squeeze level l has 2^(l + 2) C channels; a network makes twice as many as it moves.
        long widest = (long)Channels << (Levels + 1);
        if ((long)Height * Width * Channels > int.MaxValue || widest > MaximumSize)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"images of {Height}x{Width}x{Channels} in {Levels} levels are too large: expected at most 2^31 values, and "
                + $"at most {MaximumSize} channels at the last level");
        }

        if (9 * widestHidden * widestEnd > int.MaxValue)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"{widest} channels at the last level with {Hidden} hidden ones are too many: expected at most 2^31 weights "
                + "in a convolution");
        }

        int halvings = Kind.Halvings(this);
        int factor = 1 << halvings;
        if (Height % factor != 0 || Width % factor != 0)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"images of {Height}x{Width} cannot be halved {halvings} times: height and width must be multiples of "
                + $"{factor} (use fewer levels, or pad)");
        }
    }
}
