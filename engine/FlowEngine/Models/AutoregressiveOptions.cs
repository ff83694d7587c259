using System.Text.Json;

using FlowEngine.Layers;
using FlowEngine.Likelihood;
using FlowEngine.Tensors;

namespace FlowEngine.Models;

/// <summary>The sizes of a masked autoregressive flow (MAF) or an inverse autoregressive flow (IAF).</summary>
/// <remarks>
/// Each block is a <see cref="MaskedAutoregressive"/>, then batch normalization if wanted; between blocks the
/// dimensions change their order. The prior is the standard Gaussian.
/// </remarks>
public sealed record AutoregressiveOptions : VectorOptions
{
    internal const string MafName = "maf";
    internal const string IafName = "iaf";

    /// <summary>MAF computes densities in one pass of each network, IAF samples.</summary>
    public required AutoregressiveDirection Direction { get; init; }

    /// <summary>What stands between blocks.</summary>
    public Mixing Mixing { get; init; } = Mixing.Reverse;

    /// <summary>True for batch normalization after each block.</summary>
    public bool BatchNorm { get; init; }

    /// <inheritdoc/>
    public override string Kind => Direction == AutoregressiveDirection.Density ? MafName : IafName;

    /// <inheritdoc/>
    protected override string Details =>
        $", {Mixings.NameOf(Mixing)} between blocks{(BatchNorm ? ", batch normalization" : string.Empty)}";

    /// <inheritdoc/>
    public override Flow Build()
    {
        Validate();
        ParameterSet parameters = new();
        List<IFlowLayer> layers = [];
        for (int block = 0; block < Blocks; block++)
        {
            string name = $"blocks.{block}";
            layers.Add(new MaskedAutoregressive(
                parameters, $"{name}.made", Dims, Hidden, HiddenLayers, Direction, NetworkConditions));
            if (BatchNorm)
            {
                layers.Add(new BatchNorm(parameters, $"{name}.batchnorm", Dims));
            }

            if (block < Blocks - 1)
            {
                layers.Add(Mixings.Build(Mixing, parameters, name, Dims));
            }
        }

        return Build(parameters, layers, PriorKind.Gaussian);
    }

    /// <inheritdoc/>
    protected override void WriteDetails(Utf8JsonWriter json)
    {
        json.WriteString("mixing", Mixings.NameOf(Mixing));
        json.WriteBoolean("batch_norm", BatchNorm);
    }

    internal static IModelOptions ReadMaf(JsonElement json) => Read(json, AutoregressiveDirection.Density);

    internal static IModelOptions ReadIaf(JsonElement json) => Read(json, AutoregressiveDirection.Sample);

    private static AutoregressiveOptions Read(JsonElement json, AutoregressiveDirection direction) => new()
    {
        Direction = direction,
        Height = json.GetProperty("height").GetInt32(),
        Width = json.GetProperty("width").GetInt32(),
        Channels = json.GetProperty("channels").GetInt32(),
        Bins = ReadBins(json),
        Condition = ConditionOptions.Read(json),
        Blocks = json.GetProperty("blocks").GetInt32(),
        Hidden = json.GetProperty("hidden").GetInt32(),
        HiddenLayers = json.GetProperty("hidden_layers").GetInt32(),
        Mixing = Mixings.Read(json),
        BatchNorm = json.GetProperty("batch_norm").GetBoolean(),
    };
}
