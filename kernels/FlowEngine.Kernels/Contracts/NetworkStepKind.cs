namespace FlowEngine.Kernels;

/// <summary>What a <see cref="NetworkStep"/> does.</summary>
internal enum NetworkStepKind
{
    /// <summary>target = W source + b, or W act(source) + b.</summary>
    Linear,

    /// <summary>target = source + addend.</summary>
    Add,

    /// <summary>target = source + act(addend).</summary>
    AddActivated,

    /// <summary>target = source + addend / (1 + e^-gate).</summary>
    AddGated,
}
