using FlowEngine.Layers;

namespace FlowEngine.Execution;

/// <summary>What a <see cref="StepsStage"/> runs: steps in a row, and the squeeze right before them.</summary>
/// <param name="Squeeze">The squeeze, or null.</param>
/// <param name="Steps">The steps, at least one.</param>
internal sealed record StepRun(Squeeze? Squeeze, IReadOnlyList<FlowStep> Steps) : LayerGroup;
