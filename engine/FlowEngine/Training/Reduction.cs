namespace FlowEngine.Training;

/// <summary>The order in which gradients are summed over ranks.</summary>
public enum Reduction
{
    /// <summary>As one binary tree: the same bits for any number of ranks.</summary>
    Exact,

    /// <summary>The one that the communicator finds fastest: the same bits only for the same number of ranks.</summary>
    Fast,
}
