using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Settings;
using FlowEngine.Tensors;

namespace FlowEngine.Architecture;

/// <summary>What the models of vectors share that are blocks of one dense network each.</summary>
public abstract record BlockOptions : VectorOptions
{
    /// <summary>Blocks, each with one network.</summary>
    public required int Blocks { get; init; }

    /// <summary>Units of a hidden layer of the networks.</summary>
    public required int Hidden { get; init; }

    /// <summary>Hidden layers of the networks.</summary>
    public required int HiddenLayers { get; init; }

    /// <inheritdoc/>
    protected override string Details => $"{Blocks} blocks, hidden {HiddenLayers} x {Hidden}";

    /// <summary>The descriptions of what the models of vectors have in common, in the order of checkpoints.</summary>
    protected static IReadOnlyList<Setting> SharedSettings { get; } =
    [
        .. ShapeSettings,
        new NumberSetting<BlockOptions, int>(
            "blocks", (1, 4096), o => o.Blocks, (o, v) => o with { Blocks = v }, "Blocks, each with one network"),
        new NumberSetting<BlockOptions, int>(
            "hidden", (1, 1 << 14), o => o.Hidden, (o, v) => o with { Hidden = v }, "Units of a hidden layer of the networks"),
        new NumberSetting<BlockOptions, int>(
            "hidden_layers",
            (1, 64),
            o => o.HiddenLayers,
            (o, v) => o with { HiddenLayers = v },
            "Hidden layers of the networks") { Option = "--layers" },
        BinsSetting,
    ];

    /// <summary>A coupling of halves with a dense network.</summary>
    /// <param name="parameters">Where its parameters go.</param>
    /// <param name="name">Its path in the model.</param>
    /// <param name="kind">Affine or additive.</param>
    protected CouplingLayer Coupling(ParameterSet parameters, string name, CouplingKind kind) =>
        DenseCoupling.Build(parameters, name, kind, Dims, new(Hidden, HiddenLayers), NetworkConditions);
}
