namespace FlowEngine.Kernels;

/// <remarks>
/// The uniform distribution in a box [a, b] of D sides, both ends in it. The bounds are (2, D): all a, then all b.
/// <code>
/// logProb[b] += -Σ ln(b_d - a_d) where every a_d ≤ z_d ≤ b_d, else -∞;  its gradient is 0
/// </code>
/// A value that is NaN makes the log density NaN.
/// </remarks>
public partial interface IBackend
{
    /// <summary>The log density of each row, in nats.</summary>
    /// <param name="shape">The shape of <paramref name="z"/>.</param>
    /// <param name="z">(B, D).</param>
    /// <param name="bounds">(2, D).</param>
    /// <param name="logProb">(B), added to.</param>
    void UniformLogProb(ImageShape shape, BufferView z, BufferView bounds, BufferView logProb);

    /// <summary>z = a + (b - a) (½ + temperature · (u - ½)), as fma: at a temperature of 1 never beyond the bounds.</summary>
    /// <param name="shape">The shape of <paramref name="z"/>.</param>
    /// <param name="uniform">(B, D), multiples of 2⁻²⁴ in [0, 1).</param>
    /// <param name="bounds">(2, D).</param>
    /// <param name="temperature">Scales the sample about the middle of the box.</param>
    /// <param name="z">(B, D), overwritten; may be <paramref name="uniform"/> itself.</param>
    void UniformSample(ImageShape shape, BufferView uniform, BufferView bounds, double temperature, BufferView z);
}
