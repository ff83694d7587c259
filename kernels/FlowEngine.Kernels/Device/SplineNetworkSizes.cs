namespace FlowEngine.Kernels.Device;

/// <summary>What <see cref="SplineNetworkKernels"/> know of a network and its splines beside the stages.</summary>
/// <param name="Batch">B.</param>
/// <param name="Dims">D.</param>
/// <param name="Passing">The first values of a row, which are not moved.</param>
/// <param name="Inputs">What the network reads: the condition, then the first values.</param>
/// <param name="Conditions">The numbers of the condition.</param>
/// <param name="Stages">The stages of the network.</param>
/// <param name="Activation">An <see cref="FlowEngine.Kernels.Activation"/>.</param>
/// <param name="Leak">The slope of a leaky ReLU below 0.</param>
/// <param name="Raw">The place in shared memory of the raw numbers.</param>
/// <param name="LogSlopes">That of the log slopes.</param>
/// <param name="Tile">That of the tile of weights.</param>
internal readonly record struct SplineNetworkSizes(
    int Batch,
    int Dims,
    int Passing,
    int Inputs,
    int Conditions,
    int Stages,
    int Activation,
    float Leak,
    int Raw,
    int LogSlopes,
    int Tile);
