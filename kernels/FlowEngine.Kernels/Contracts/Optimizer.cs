namespace FlowEngine.Kernels;

/// <remarks>
/// With g the gradient times min(1, clip / ‖g‖) and t the updates applied, this one among them:
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
    /// <summary>The sum of squares, accumulated in float64 in an order fixed only by the length.</summary>
    /// <param name="source">What to sum.</param>
    /// <param name="result">(1), overwritten.</param>
    void SumOfSquares(BufferView source, BufferView result);

    /// <summary>sum += addend, element by element, each rounded once: gradients of parts of a batch become those of more.</summary>
    /// <param name="addend">What is added.</param>
    /// <param name="sum">As long; updated.</param>
    void Add(BufferView addend, BufferView sum);

    /// <summary>
    /// One update of every parameter. If the mean log density or the sum of squares is not finite, only the figures are
    /// noted: no parameter changes, and t does not count. The host learns of it when it reads
    /// <see cref="OptimizerProgress.Figures"/>.
    /// </summary>
    /// <param name="settings">The rule and its numbers.</param>
    /// <param name="rate">The learning rate, (1).</param>
    /// <param name="logPrior">log p(z), (B).</param>
    /// <param name="logDet">Σ LogDet, (B).</param>
    /// <param name="progress">Its sum of squares is that of <paramref name="gradients"/>; the rest is updated.</param>
    /// <param name="parameters">Updated.</param>
    /// <param name="gradients">As long as the parameters.</param>
    /// <param name="moment1">m, updated.</param>
    /// <param name="moment2">v, updated.</param>
    /// <param name="average">The moving average, updated; empty for none.</param>
    void OptimizerStep(
        in OptimizerSettings settings,
        BufferView rate,
        BufferView logPrior,
        BufferView logDet,
        in OptimizerProgress progress,
        BufferView parameters,
        BufferView gradients,
        BufferView moment1,
        BufferView moment2,
        BufferView average);
}
