namespace FlowEngine.Execution;

/// <summary>What a plan runs as one stage: a <see cref="SingleLayer"/> by itself, or a <see cref="StepRun"/>, fused.</summary>
internal abstract record LayerGroup;
