using System.Text.Json;

using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Likelihood;
using FlowEngine.Tensors;

namespace FlowEngine.Models;

/// <summary>The sizes of a Glow of vectors.</summary>
/// <remarks>
/// Each block is an ActNorm, an invertible linear map kept as an LU decomposition and an affine coupling of a dense
/// network. The prior is the standard Gaussian.
/// </remarks>
public sealed record DenseGlowOptions : VectorOptions
{
    internal const string KindName = "dense-glow";

    /// <inheritdoc/>
    public override string Kind => KindName;

    /// <inheritdoc/>
    protected override string Details => string.Empty;

    /// <inheritdoc/>
    public override Flow Build()
    {
        Validate();
        ParameterSet parameters = new();
        List<IFlowLayer> layers = [];
        for (int block = 0; block < Blocks; block++)
        {
            string name = $"blocks.{block}";
            layers.Add(new ActNorm(parameters, $"{name}.actnorm", Dims));
            layers.Add(Mixings.Build(Mixing.Lu, parameters, name, Dims));
            DenseNetworkShape network = new(
                NetworkConditions + (Dims / 2),
                Hidden,
                HiddenLayers,
                CouplingLayer.OutputChannels(CouplingKind.Affine, Dims),
                IsAutoregressive: false,
                NetworkConditions);
            layers.Add(new AffineCoupling(
                $"{name}.coupling", Dims, new Network(parameters, $"{name}.coupling", network)));
        }

        return Build(parameters, layers, PriorKind.Gaussian);
    }

    /// <inheritdoc/>
    protected override void WriteDetails(Utf8JsonWriter json)
    {
    }

    internal static IModelOptions Read(JsonElement json) => new DenseGlowOptions
    {
        Height = json.GetProperty("height").GetInt32(),
        Width = json.GetProperty("width").GetInt32(),
        Channels = json.GetProperty("channels").GetInt32(),
        Bins = ReadBins(json),
        Condition = ConditionOptions.Read(json),
        Blocks = json.GetProperty("blocks").GetInt32(),
        Hidden = json.GetProperty("hidden").GetInt32(),
        HiddenLayers = json.GetProperty("hidden_layers").GetInt32(),
    };
}
