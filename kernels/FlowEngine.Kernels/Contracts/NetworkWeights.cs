namespace FlowEngine.Kernels;

/// <summary>
/// The arrays of a network's weights. A network holds none itself, so that one serves every coupling of its shape.
/// </summary>
/// <param name="Parameters">The parameters, <see cref="NetworkShape.ParametersLength"/> elements.</param>
/// <param name="Prepared">What <see cref="INetwork.Prepare"/> makes of them; empty where the network prepares
/// nothing.</param>
/// <param name="Gradients">Laid out as the parameters; empty where no backward pass runs.</param>
public readonly record struct NetworkWeights(
    BufferView Parameters, BufferView Prepared = default, BufferView Gradients = default);
