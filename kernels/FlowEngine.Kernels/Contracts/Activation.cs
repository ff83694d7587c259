namespace FlowEngine.Kernels;

/// <summary>What a hidden unit of a <see cref="LayeredNetworkShape"/> makes of its sum z; each takes 0 to 0.</summary>
public enum Activation
{
    /// <summary>max(z, 0).</summary>
    Relu,

    /// <summary>tanh z.</summary>
    Tanh,

    /// <summary>z, below 0 e^z - 1.</summary>
    Elu,

    /// <summary>z / (1 + e^-z).</summary>
    Silu,

    /// <summary>z Φ(z), Φ the distribution function of the standard Gaussian.</summary>
    Gelu,

    /// <summary>z / (1 + e^-2u), u = √(2/π) (z + 0.044715 z³): an approximation of <see cref="Gelu"/>.</summary>
    GeluTanh,

    /// <summary>z, below 0 a small multiple of it: <see cref="LayeredNetworkShape.Leak"/>.</summary>
    LeakyRelu,
}
