namespace FlowEngine.Kernels;

/// <remarks>
/// The standard logistic distribution in each dimension (NICE, Dinh 2014).
/// <code>
/// logProb[b] += -Σ (|z| + 2 ln(1 + e^(-|z|)));  dz = -g tanh(z / 2),   g = dLogProb[b]
/// </code>
/// </remarks>
public partial interface IBackend
{
    /// <summary>The log density of each image, in nats.</summary>
    /// <param name="shape">The shape of <paramref name="z"/>.</param>
    /// <param name="z">(B, H, W, C).</param>
    /// <param name="logProb">(B), added to.</param>
    void LogisticLogProb(ImageShape shape, BufferView z, BufferView logProb);

    /// <summary>The gradient of the log density.</summary>
    /// <param name="shape">The shape of <paramref name="z"/>.</param>
    /// <param name="z">(B, H, W, C).</param>
    /// <param name="dLogProb">(B).</param>
    /// <param name="dz">(B, H, W, C), overwritten.</param>
    void LogisticBackward(ImageShape shape, BufferView z, BufferView dLogProb, BufferView dz);

    /// <summary>z = temperature · (ln(u + 2⁻²⁵) - ln(1 - u - 2⁻²⁵)): never infinite.</summary>
    /// <param name="shape">The shape of <paramref name="z"/>.</param>
    /// <param name="uniform">(B, H, W, C), multiples of 2⁻²⁴ in [0, 1).</param>
    /// <param name="temperature">Scales the sample.</param>
    /// <param name="z">(B, H, W, C), overwritten; may be <paramref name="uniform"/> itself.</param>
    void LogisticSample(ImageShape shape, BufferView uniform, double temperature, BufferView z);
}
