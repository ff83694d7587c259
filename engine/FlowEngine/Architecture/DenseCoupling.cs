using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Tensors;

namespace FlowEngine.Architecture;

/// <summary>Couplings of the halves of a vector with a dense network.</summary>
internal static class DenseCoupling
{
    /// <summary>Builds one.</summary>
    /// <param name="parameters">Where its parameters go.</param>
    /// <param name="name">Its path in the model.</param>
    /// <param name="kind">Affine or additive.</param>
    /// <param name="dims">D.</param>
    /// <param name="choice">What its network is.</param>
    /// <param name="conditions">Numbers of a condition that the network reads.</param>
    public static CouplingLayer Build(
        ParameterSet parameters, string name, CouplingKind kind, int dims, NetworkChoice choice, int conditions)
    {
        NetworkShape shape = choice.Dense(dims / 2, CouplingLayer.OutputChannels(kind, dims), conditions);
        Network network = new(parameters, name, shape);
        return kind == CouplingKind.Affine
            ? new AffineCoupling(name, dims, network)
            : new AdditiveCoupling(name, dims, network, network.Parameters[^1]);
    }
}
