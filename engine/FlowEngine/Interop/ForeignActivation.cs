using FlowEngine.Kernels;

namespace FlowEngine.Interop;

/// <summary>What the hidden units of another library's network make of their sums.</summary>
/// <param name="Kind">Its kind; that of a leaky rectifier is <see cref="Activation.Relu"/>.</param>
/// <param name="Leak">The slope of a rectifier below 0.</param>
internal readonly record struct ForeignActivation(Activation Kind, double Leak = 0)
{
    /// <summary>True for rectifiers: an affine map can be carried past them.</summary>
    public bool IsRectifier => Kind == Activation.Relu;
}
