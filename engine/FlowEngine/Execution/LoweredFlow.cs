using FlowEngine.Architecture;

namespace FlowEngine.Execution;

/// <summary>A flow whose layers are grouped into what is run as one.</summary>
/// <param name="Flow">The architecture.</param>
/// <param name="Levels">The groups of each level, in the order of the forward pass.</param>
internal sealed record LoweredFlow(Flow Flow, IReadOnlyList<IReadOnlyList<LayerGroup>> Levels)
{
    /// <summary>Groups the layers of a flow.</summary>
    /// <param name="flow">The architecture.</param>
    /// <param name="fuse">False to run every layer by itself.</param>
    public static LoweredFlow Of(Flow flow, bool fuse = true) => new(flow, [.. flow.Levels.Select(level =>
        (IReadOnlyList<LayerGroup>)[.. fuse
            ? FlowStep.Group(level.Layers)
            : level.Layers.Select(layer => new SingleLayer(layer))])]);
}
