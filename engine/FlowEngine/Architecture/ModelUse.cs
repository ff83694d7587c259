namespace FlowEngine.Architecture;

/// <summary>What a model may be used for and not every kind can.</summary>
public enum ModelUse
{
    /// <summary>Compression of images without loss.</summary>
    Compression,

    /// <summary>Export to rosinality/glow-pytorch.</summary>
    Export,

    /// <summary>Conditions that the networks of the layers read.</summary>
    NetworkCondition,

    /// <summary>Conditions that the priors of the latents read.</summary>
    PriorCondition,
}
