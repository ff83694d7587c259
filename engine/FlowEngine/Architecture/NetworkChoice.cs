using FlowEngine.Kernels;

namespace FlowEngine.Architecture;

/// <summary>What the network of a block or of a transform is, whatever it stands in.</summary>
/// <param name="Hidden">Units of a hidden layer.</param>
/// <param name="HiddenLayers">Hidden layers, or residual blocks.</param>
/// <param name="Activation">The activation function of hidden units.</param>
/// <param name="IsResidual">True for residual blocks, which a condition gates.</param>
/// <param name="AddsCondition">True if a condition is added, to the first sums and inside blocks, and neither read nor a gate.</param>
internal readonly record struct NetworkChoice(
    int Hidden,
    int HiddenLayers,
    Activation Activation = Activation.Relu,
    bool IsResidual = false,
    bool AddsCondition = false)
{
    private bool IsPlain => Activation == Activation.Relu && !IsResidual && !AddsCondition;

    /// <summary>A network that reads everything.</summary>
    /// <param name="inputs">Inputs beside the condition.</param>
    /// <param name="outputs">Outputs.</param>
    /// <param name="conditions">Numbers of a condition.</param>
    public NetworkShape Dense(int inputs, int outputs, int conditions) => IsPlain
        ? new DenseNetworkShape(conditions + inputs, Hidden, HiddenLayers, outputs, IsAutoregressive: false, conditions)
        : Layered(inputs, outputs, conditions);

    /// <summary>A network whose outputs of a dimension read the dimensions before it.</summary>
    /// <param name="dims">D.</param>
    /// <param name="outputsPerDim">Outputs of a dimension.</param>
    /// <param name="conditions">Numbers of a condition.</param>
    public NetworkShape Masked(int dims, int outputsPerDim, int conditions)
    {
        int outputs = dims * outputsPerDim;
        if (IsPlain)
        {
            return new DenseNetworkShape(
                conditions + dims, Hidden, HiddenLayers, outputs, IsAutoregressive: true, conditions);
        }

        LayeredNetworkShape shape = Layered(dims, outputs, conditions);
        return shape with
        {
            Degrees = UnitDegrees.Autoregressive(
                [.. Enumerable.Range(0, dims)],
                IsResidual ? [Hidden] : shape.Hidden,
                outputsPerDim,
                conditions > 0),
        };
    }

    private LayeredNetworkShape Layered(int inputs, int outputs, int conditions) =>
        new(conditions + inputs, [.. Enumerable.Repeat(Hidden, HiddenLayers)], outputs, conditions)
        {
            Activation = Activation,
            IsResidual = IsResidual,
            HasGates = IsResidual && conditions > 0 && !AddsCondition,
            AddsCondition = conditions > 0 && AddsCondition,
            AddsToBlocks = IsResidual && conditions > 0 && AddsCondition,
        };
}
