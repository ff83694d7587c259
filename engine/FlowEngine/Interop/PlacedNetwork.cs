using FlowEngine.Kernels;

namespace FlowEngine.Interop;

/// <summary>A network as a transform of a model has it.</summary>
/// <param name="Hidden">Units of a hidden layer.</param>
/// <param name="HiddenLayers">Hidden layers, or residual blocks.</param>
/// <param name="IsResidual">True for residual blocks, gated by a condition.</param>
/// <param name="AddsCondition">True if a condition is added and neither read nor a gate.</param>
/// <param name="Activation">The activation function of hidden units.</param>
/// <param name="Maps">Its affine maps, by their paths inside the network.</param>
internal sealed record PlacedNetwork(
    int Hidden,
    int HiddenLayers,
    bool IsResidual,
    bool AddsCondition,
    Activation Activation,
    IReadOnlyList<(string Name, LinearRows Map)> Maps);
