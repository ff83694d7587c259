using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <summary>An <see cref="Activation"/> in vectors.</summary>
internal interface IActivation
{
    /// <summary>act(z).</summary>
    static abstract Vector512<float> Value(Vector512<float> z, Vector512<float> leak);

    /// <summary>d act/dz; at a corner that of the left side.</summary>
    static abstract Vector512<float> Slope(Vector512<float> z, Vector512<float> leak);
}
