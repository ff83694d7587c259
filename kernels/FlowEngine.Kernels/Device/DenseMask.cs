namespace FlowEngine.Kernels.Device;

/// <summary>What the units of a dense network read: <see cref="DenseNetworkShape.ReadsOf"/> for kernels.</summary>
/// <param name="Inputs">I.</param>
/// <param name="Hidden">N.</param>
/// <param name="HiddenLayers">Hidden layers.</param>
/// <param name="Outputs">O.</param>
/// <param name="OutputsPerDim">Outputs of a dimension, where the mask is.</param>
/// <param name="IsAutoregressive">1 for the mask.</param>
/// <param name="Conditions">Inputs that are a condition.</param>
internal readonly record struct DenseMask(
    int Inputs, int Hidden, int HiddenLayers, int Outputs, int OutputsPerDim, int IsAutoregressive, int Conditions);
