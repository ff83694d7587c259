using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Priors;
using FlowEngine.Settings;
using FlowEngine.Tensors;

namespace FlowEngine.Architecture;

/// <summary>The sizes of a masked autoregressive flow (MAF) or an inverse autoregressive flow (IAF).</summary>
/// <remarks>
/// Each block is a <see cref="MaskedAutoregressive"/>, then batch normalization if wanted; between blocks the
/// dimensions change their order. The prior is the standard Gaussian.
/// </remarks>
public sealed record AutoregressiveOptions : BlockOptions
{
    /// <summary>The kind of MAF.</summary>
    public static ModelKind MafDescription { get; } = Describe(
        "maf",
        "masked autoregressive flow of vectors: fast densities, slow samples (Papamakarios 2017)",
        AutoregressiveDirection.Density);

    /// <summary>The kind of IAF.</summary>
    public static ModelKind IafDescription { get; } = Describe(
        "iaf",
        "inverse autoregressive flow of vectors: fast samples, slow densities (Kingma 2016)",
        AutoregressiveDirection.Sample);

    /// <summary>MAF computes densities in one pass of each network, IAF samples.</summary>
    public required AutoregressiveDirection Direction { get; init; }

    /// <summary>What stands between blocks.</summary>
    public Mixing Mixing { get; init; } = Mixing.Reverse;

    /// <summary>True for batch normalization after each block.</summary>
    public bool BatchNorm { get; init; }

    /// <inheritdoc/>
    public override ModelKind Kind => Direction == AutoregressiveDirection.Density ? MafDescription : IafDescription;

    /// <inheritdoc/>
    protected override string Details => base.Details
        + $", {Mixings.NameOf(Mixing)} between blocks{(BatchNorm ? ", batch normalization" : string.Empty)}";

    private static ModelKind<AutoregressiveOptions> Describe(string name, string title, AutoregressiveDirection direction) =>
        new()
        {
            Name = name,
            Title = title,
            Data = DataKind.Vectors,
            Settings =
            [
                .. SharedSettings,
                new ChoiceSetting<AutoregressiveOptions, Mixing>(
                    "mixing",
                    Mixings.Names,
                    o => o.Mixing,
                    (o, v) => o with { Mixing = v },
                    "What mixes the dimensions between blocks") { Option = "--permutation" },
                new SwitchSetting<AutoregressiveOptions>(
                    "batch_norm",
                    o => o.BatchNorm,
                    (o, v) => o with { BatchNorm = v },
                    "Batch normalization after each block"),
            ],
            Default = shape => new AutoregressiveOptions
            {
                Direction = direction,
                Height = shape.Height,
                Width = shape.Width,
                Channels = shape.Channels,
                Bins = shape.Bins,
                Blocks = 5,
                Hidden = 512,
                HiddenLayers = 2,
            },
            Fit = options => options.CheckDims(hasCouplings: false),
            Construct = (options, parameters) => options.Assemble(parameters),
        };

    private Flow Assemble(ParameterSet parameters)
    {
        List<IFlowLayer> layers = [];
        NetworkShape network = new NetworkChoice(Hidden, HiddenLayers).Masked(Dims, 2, NetworkConditions);
        for (int block = 0; block < Blocks; block++)
        {
            string name = $"blocks.{block}";
            layers.Add(new MaskedAutoregressive(parameters, $"{name}.made", Dims, network, Direction));
            if (BatchNorm)
            {
                layers.Add(new BatchNorm(parameters, $"{name}.batchnorm", Dims));
            }

            if (block < Blocks - 1)
            {
                layers.Add(Mixings.Build(Mixing, parameters, name, Dims));
            }
        }

        return Compose(parameters, layers, PriorKind.Gaussian);
    }
}
