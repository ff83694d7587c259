namespace FlowEngine.Kernels;

/// <remarks>
/// A linear map of the rows of conditions: what a class or a vector adds to the mean and log scale of a prior. The
/// weight is (inputs, outputs), so that a one-hot row of class k takes row k of it.
/// <code>
/// Forward    y_b += Wᵀ c_b
/// Backward   dW  += Σ_b c_b dy_bᵀ, dc_b += W dy_b, in float64
/// </code>
/// A zero in c takes no part, whatever its weights are.
/// </remarks>
public partial interface IBackend
{
    /// <summary>y += Wᵀ c of each row.</summary>
    /// <param name="rows">B.</param>
    /// <param name="condition">c, (B, inputs).</param>
    /// <param name="weight">W, (inputs, outputs).</param>
    /// <param name="y">(B, outputs), added to.</param>
    void LinearForward(int rows, BufferView condition, BufferView weight, BufferView y);

    /// <summary>The gradients of the weight and, if wanted, of the condition.</summary>
    /// <param name="rows">B.</param>
    /// <param name="condition">c, (B, inputs).</param>
    /// <param name="dy">(B, outputs).</param>
    /// <param name="weight">W, (inputs, outputs).</param>
    /// <param name="dWeight">(inputs, outputs), added to.</param>
    /// <param name="dCondition">(B, inputs), added to; empty if it is not wanted.</param>
    void LinearBackward(
        int rows, BufferView condition, BufferView dy, BufferView weight, BufferView dWeight, BufferView dCondition);
}
