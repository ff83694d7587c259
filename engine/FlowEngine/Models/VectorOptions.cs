using System.Text.Json;

using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Likelihood;
using FlowEngine.Tensors;

namespace FlowEngine.Models;

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

    /// <summary>Blocks, each with one network.</summary>
    public required int Blocks { get; init; }

    /// <summary>Units of a hidden layer of the networks.</summary>
    public required int Hidden { get; init; }

    /// <summary>Hidden layers of the networks.</summary>
    public required int HiddenLayers { get; init; }

    /// <inheritdoc/>
    public ConditionOptions? Condition { get; init; }

    /// <inheritdoc/>
    public abstract string Kind { get; }

    /// <summary>Dimensions, D.</summary>
    public int Dims => Height * Width * Channels;

    /// <inheritdoc/>
    public string Summary => $"{Kind}: {Blocks} blocks, hidden {HiddenLayers} x {Hidden}{Details}"
        + (Condition is null ? string.Empty : $", {Condition.Summary}");

    /// <summary>Numbers of a condition that each network reads.</summary>
    private protected int NetworkConditions => Condition is { IntoNetworks: true } condition ? condition.Length : 0;

    /// <summary>The rest of <see cref="Summary"/>, after the sizes that all share.</summary>
    protected abstract string Details { get; }

    /// <inheritdoc/>
    public virtual void Validate()
    {
        SizeCheck.Require("blocks", Blocks, 1, 4096);
        SizeCheck.Require("hidden", Hidden, 1, 1 << 14);
        SizeCheck.Require("hidden layers", HiddenLayers, 1, 64);
        SizeCheck.Require("height", Height, 1, MaximumDims);
        SizeCheck.Require("width", Width, 1, MaximumDims);
        SizeCheck.Require("channels", Channels, 1, MaximumDims);
        if (Bins is int bins)
        {
            SizeCheck.Require("bins", bins, 2, 256);
        }

        Condition?.Validate();

        if ((long)Height * Width * Channels is < 2 or > MaximumDims)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"a datum has {(long)Height * Width * Channels} values, expected 2 to {MaximumDims} for {Kind}");
        }
    }

    /// <inheritdoc/>
    public abstract Flow Build();

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteNumber("height", Height);
        json.WriteNumber("width", Width);
        json.WriteNumber("channels", Channels);
        json.WriteNumber("blocks", Blocks);
        json.WriteNumber("hidden", Hidden);
        json.WriteNumber("hidden_layers", HiddenLayers);
        if (Bins is int bins)
        {
            json.WriteNumber("bins", bins);
        }

        Condition?.Write(json);
        WriteDetails(json);
    }

    /// <summary>Writes what the kind has beyond the sizes that all share.</summary>
    /// <param name="json">Where it goes.</param>
    protected abstract void WriteDetails(Utf8JsonWriter json);

    /// <summary>One level of all the layers, under a prior that reads the condition where it is to.</summary>
    private protected Flow Build(ParameterSet parameters, IReadOnlyList<IFlowLayer> layers, PriorKind kind)
    {
        IPrior prior = new StandardPrior("prior", kind);
        if (Condition is { IntoPrior: true } condition)
        {
            prior = new ConditionPrior(parameters, prior, condition.Length, new ImageShape(1, 1, 1, Dims));
        }

        return new Flow(parameters, [new FlowLevel(layers, prior, IsSplit: false)], 1, 1, Dims)
        {
            ConditionLength = Condition?.Length ?? 0,
        };
    }

    private protected static int? ReadBins(JsonElement json) =>
        json.TryGetProperty("bins", out JsonElement bins) ? bins.GetInt32() : null;
}
