namespace FlowEngine.Kernels;

/// <summary>How a coupling changes the second half of the channels.</summary>
public enum CouplingKind
{
    /// <summary>y₂ = s · (x₂ + t), s = sigmoid(r + 2). The network gives (r, t), C channels, r first.</summary>
    Affine,

    /// <summary>y₂ = x₂ + t. The network gives t, C/2 channels.</summary>
    Additive,
}
