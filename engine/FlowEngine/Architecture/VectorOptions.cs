using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Priors;
using FlowEngine.Settings;
using FlowEngine.Tensors;

namespace FlowEngine.Architecture;

/// <summary>
/// What the models of vectors share: rows of a table, or images taken as one vector of D = H·W·C values.
/// </summary>
public abstract record VectorOptions : IModelOptions
{
    private const int MaximumDims = 1 << 14;

    /// <inheritdoc/>
    public int Height { get; init; } = 1;

    /// <inheritdoc/>
    public int Width { get; init; } = 1;

    /// <inheritdoc/>
    public required int Channels { get; init; }

    /// <inheritdoc/>
    public int? Bins { get; init; }

    /// <inheritdoc/>
    public ConditionOptions? Condition { get; init; }

    /// <inheritdoc/>
    public abstract ModelKind Kind { get; }

    /// <summary>Dimensions, D.</summary>
    public int Dims => Height * Width * Channels;

    /// <inheritdoc/>
    public string Summary => $"{Kind}: {Details}" + (Condition is null ? string.Empty : $", {Condition.Summary}");

    /// <summary>Numbers of a condition that each network reads.</summary>
    public int NetworkConditions => Condition is { IntoNetworks: true } condition ? condition.Length : 0;

    /// <summary>What follows the kind in <see cref="Summary"/>.</summary>
    protected abstract string Details { get; }

    /// <summary>The descriptions of height, width and channels.</summary>
    protected static IReadOnlyList<Setting> ShapeSettings { get; } =
    [
        new NumberSetting<VectorOptions, int>(
            "height", (1, MaximumDims), o => o.Height, (o, v) => o with { Height = v }, "Rows of an image") { IsOfData = true },
        new NumberSetting<VectorOptions, int>(
            "width", (1, MaximumDims), o => o.Width, (o, v) => o with { Width = v }, "Columns of an image") { IsOfData = true },
        new NumberSetting<VectorOptions, int>(
            "channels",
            (1, MaximumDims),
            o => o.Channels,
            (o, v) => o with { Channels = v },
            "Columns of a table, or channels of an image") { IsOfData = true },
    ];

    /// <summary>The description of the grey levels.</summary>
    protected static Setting BinsSetting { get; } = new NumberSetting<VectorOptions, int>(
        "bins", (2, 256), o => o.Bins, (o, v) => o with { Bins = v }, "Grey levels of the data, none for continuous ones")
    {
        IsOfData = true,
    };

    /// <inheritdoc/>
    public IModelOptions WithShape(DataShape shape) => this with
    {
        Height = shape.Height,
        Width = shape.Width,
        Channels = shape.Channels,
        Bins = shape.Bins,
    };

    /// <inheritdoc/>
    public IModelOptions WithCondition(ConditionOptions? condition) => this with { Condition = condition };

    /// <inheritdoc/>
    public void Validate() => Kind.Validate(this);

    /// <inheritdoc/>
    public Flow Build() => Kind.Build(this);

    /// <summary>Checks the number of values of a datum, of a model that has couplings: at least two.</summary>
    protected void CheckDims() => CheckDims(hasCouplings: true);

    /// <summary>Checks the number of values of a datum.</summary>
    /// <param name="hasCouplings">True for a model that moves some values by what it makes of others.</param>
    private protected void CheckDims(bool hasCouplings)
    {
        long dims = (long)Height * Width * Channels;
        if (dims == 1 && hasCouplings)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"a datum has 1 value, and a coupling of {Kind} has no other to make it of: expected the model nsf with autoregressive "
                + "(maf and iaf make one value normal, or of a condition)");
        }

        if (dims is < 1 or > MaximumDims)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument, $"a datum has {dims} values, expected 1 to {MaximumDims} for {Kind}");
        }
    }

    /// <summary>One level of all the layers, under a prior that reads the condition where it is to.</summary>
    /// <param name="parameters">The parameters of the layers.</param>
    /// <param name="layers">The layers, from the data to the latents.</param>
    /// <param name="kind">The distribution of the latents.</param>
    protected Flow Compose(ParameterSet parameters, IReadOnlyList<IFlowLayer> layers, PriorKind kind)
    {
        IPrior prior = kind switch
        {
            PriorKind.Diagonal => new ChannelPrior(parameters, "prior", Dims),
            PriorKind.Uniform => new UniformPrior(parameters, "prior", Dims),
            _ => new StandardPrior("prior", kind),
        };
        if (Condition is { IntoPrior: true } condition)
        {
            prior = new ConditionPrior(parameters, prior, condition.Length, new ImageShape(1, 1, 1, Dims));
        }

        return new Flow(parameters, [new FlowLevel(layers, prior, IsSplit: false)], 1, 1, Dims)
        {
            ConditionLength = Condition?.Length ?? 0,
        };
    }
}
