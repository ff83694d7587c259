namespace FlowEngine.Kernels;

/// <remarks>
/// With g the gradient times min(1, clip / ‖g‖) and t the step:
/// <code>
/// Adam      g += decay p;  m = β₁ m + (1-β₁) g;  v = β₂ v + (1-β₂) g²
///           p -= rate · (m / (1-β₁ᵗ)) / (sqrt(v / (1-β₂ᵗ)) + ε)
/// AdamW     the same without g += decay p, after p -= rate · decay · p
/// Adamax    g += decay p;  m as above;  v = max(β₂ v, |g| + ε);  p -= rate / (1-β₁ᵗ) · m / v
/// EMA       ema = d ema + (1-d) p, d = min(EmaDecay, (1 + t) / (10 + t))
/// </code>
/// </remarks>
public partial interface IBackend
{
    /// <summary>The sum of squares, accumulated in float64 in an order fixed by the length alone.</summary>
    /// <param name="source">What to sum.</param>
    /// <param name="result">(1), overwritten.</param>
    void SumOfSquares(BufferView source, BufferView result);

    /// <summary>
    /// One update of every parameter. If <paramref name="sumOfSquares"/> is not finite nothing is changed: the caller
    /// sees the same value and counts the skipped step.
    /// </summary>
    /// <param name="settings">The rule and its numbers.</param>
    /// <param name="sumOfSquares">(1), of <paramref name="gradients"/>.</param>
    /// <param name="parameters">Updated.</param>
    /// <param name="gradients">As long as the parameters.</param>
    /// <param name="moment1">m, updated.</param>
    /// <param name="moment2">v, updated.</param>
    /// <param name="average">The moving average, updated; empty for none.</param>
    void OptimizerStep(
        in OptimizerSettings settings,
        BufferView sumOfSquares,
        BufferView parameters,
        BufferView gradients,
        BufferView moment1,
        BufferView moment2,
        BufferView average);
}
