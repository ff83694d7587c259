using FlowEngine.Layers;
using FlowEngine.Priors;

namespace FlowEngine.Architecture;

/// <summary>
/// One scale of a flow: layers, then the latent leaves with its Gaussian. On all but the last level only the second
/// half of the channels leaves, and its prior may read the half that stays.
/// </summary>
/// <param name="Layers">The layers, in the order of the forward pass.</param>
/// <param name="Prior">The prior of the latent.</param>
/// <param name="IsSplit">True if half the channels go on to the next level.</param>
public sealed record FlowLevel(IReadOnlyList<IFlowLayer> Layers, IPrior Prior, bool IsSplit);
