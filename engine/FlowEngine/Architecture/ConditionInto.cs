namespace FlowEngine.Architecture;

/// <summary>What reads the condition of a model.</summary>
public enum ConditionInto
{
    /// <summary>The priors of the latents: what lies under them is one map for all conditions.</summary>
    Prior,

    /// <summary>The networks of the layers.</summary>
    Networks,

    /// <summary>Both.</summary>
    Both,
}
