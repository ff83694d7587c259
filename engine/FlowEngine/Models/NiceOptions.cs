using System.Text.Json;

using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Likelihood;
using FlowEngine.Tensors;

namespace FlowEngine.Models;

/// <summary>The sizes of a NICE (Dinh, Krueger and Bengio 2014).</summary>
/// <remarks>
/// Every other dimension makes the first half, so that neighbors of an image fall into different ones; each block is
/// an additive coupling of a dense network, and the halves change places between blocks. A diagonal scaling layer and
/// a standard prior end it.
/// </remarks>
public sealed record NiceOptions : VectorOptions
{
    internal const string KindName = "nice";

    private static readonly (string Name, PriorKind Value)[] _priors =
        [("logistic", PriorKind.Logistic), ("gaussian", PriorKind.Gaussian)];

    /// <summary>The distribution of the latents.</summary>
    public PriorKind Prior { get; init; } = PriorKind.Logistic;

    /// <inheritdoc/>
    public override string Kind => KindName;

    /// <inheritdoc/>
    protected override string Details => $", {PriorName} prior";

    private string PriorName => _priors.First(prior => prior.Value == Prior).Name;

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        if (Prior == PriorKind.Logistic && Condition is { IntoPrior: true })
        {
            throw new FlowException(
                FlowErrorKind.Unsupported,
                "a logistic prior takes no condition: expected it into the networks, or a gaussian prior");
        }
    }

    /// <inheritdoc/>
    public override Flow Build()
    {
        Validate();
        ParameterSet parameters = new();
        List<IFlowLayer> layers = [];
        for (int block = 0; block < Blocks; block++)
        {
            string name = $"blocks.{block}";
            Initializer order = block == 0 ? Permutation.Parted : Permutation.Halves;
            layers.Add(new Permutation(parameters, $"{name}.permutation", Dims, order));
            DenseNetworkShape shape = new(
                NetworkConditions + (Dims / 2),
                Hidden,
                HiddenLayers,
                CouplingLayer.OutputChannels(CouplingKind.Additive, Dims),
                IsAutoregressive: false,
                NetworkConditions);
            Network network = new(parameters, $"{name}.coupling", shape);
            layers.Add(new AdditiveCoupling($"{name}.coupling", Dims, network, network.Parameters[^1]));
        }

        layers.Add(new ChannelScale(parameters, "scale", Dims));
        return Build(parameters, layers, Prior);
    }

    /// <inheritdoc/>
    protected override void WriteDetails(Utf8JsonWriter json) => json.WriteString("prior", PriorName);

    internal static IModelOptions Read(JsonElement json) => new NiceOptions
    {
        Height = json.GetProperty("height").GetInt32(),
        Width = json.GetProperty("width").GetInt32(),
        Channels = json.GetProperty("channels").GetInt32(),
        Bins = ReadBins(json),
        Condition = ConditionOptions.Read(json),
        Blocks = json.GetProperty("blocks").GetInt32(),
        Hidden = json.GetProperty("hidden").GetInt32(),
        HiddenLayers = json.GetProperty("hidden_layers").GetInt32(),
        Prior = JsonChoice.Read(json, "prior", _priors),
    };
}
