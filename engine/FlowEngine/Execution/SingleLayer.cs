using FlowEngine.Layers;

namespace FlowEngine.Execution;

/// <summary>A layer that a <see cref="LayerStage"/> runs by its own passes.</summary>
/// <param name="Layer">The layer.</param>
internal sealed record SingleLayer(IFlowLayer Layer) : LayerGroup;
