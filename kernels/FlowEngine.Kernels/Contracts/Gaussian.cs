namespace FlowEngine.Kernels;

/// <remarks>
/// A diagonal Gaussian. The prior is (priorBatch, H, W, 2C): mean m in the first C channels, log scale q in the second;
/// priorBatch is B, or 1 for one prior shared by every image.
/// <code>
/// logProb[b] += -½ Σ (ln 2π + 2q + (z - m)² e^(-2q))
/// u = (z - m) e^(-2q);  dz = -g u;  dm = g u;  dq = g ((z - m) u - 1),   g = dLogProb[b]
/// </code>
/// </remarks>
public partial interface IBackend
{
    /// <summary>The log density of each image, in nats.</summary>
    /// <param name="shape">The shape of <paramref name="z"/>.</param>
    /// <param name="z">(B, H, W, C).</param>
    /// <param name="prior">(priorBatch, H, W, 2C).</param>
    /// <param name="priorBatch">B or 1.</param>
    /// <param name="logProb">(B), added to.</param>
    void GaussianLogProb(ImageShape shape, BufferView z, BufferView prior, int priorBatch, BufferView logProb);

    /// <summary>The gradients of the log density.</summary>
    /// <param name="shape">The shape of <paramref name="z"/>.</param>
    /// <param name="z">(B, H, W, C).</param>
    /// <param name="prior">(priorBatch, H, W, 2C).</param>
    /// <param name="priorBatch">B or 1.</param>
    /// <param name="dLogProb">(B).</param>
    /// <param name="dz">(B, H, W, C), overwritten.</param>
    /// <param name="dPrior">(priorBatch, H, W, 2C), overwritten; summed over the batch if shared.</param>
    void GaussianBackward(
        ImageShape shape,
        BufferView z,
        BufferView prior,
        int priorBatch,
        BufferView dLogProb,
        BufferView dz,
        BufferView dPrior);

    /// <summary>z = m + e^q · temperature · noise.</summary>
    /// <param name="shape">The shape of <paramref name="z"/>.</param>
    /// <param name="noise">(B, H, W, C), standard normal.</param>
    /// <param name="prior">(priorBatch, H, W, 2C).</param>
    /// <param name="priorBatch">B or 1.</param>
    /// <param name="temperature">Scales the noise.</param>
    /// <param name="z">(B, H, W, C), overwritten; may be <paramref name="noise"/> itself.</param>
    void GaussianSample(
        ImageShape shape, BufferView noise, BufferView prior, int priorBatch, double temperature, BufferView z);

    /// <summary>noise = (z - m) e^(-q).</summary>
    /// <param name="shape">The shape of <paramref name="z"/>.</param>
    /// <param name="z">(B, H, W, C).</param>
    /// <param name="prior">(priorBatch, H, W, 2C).</param>
    /// <param name="priorBatch">B or 1.</param>
    /// <param name="noise">(B, H, W, C), overwritten; may be <paramref name="z"/> itself.</param>
    void GaussianStandardize(ImageShape shape, BufferView z, BufferView prior, int priorBatch, BufferView noise);

    /// <summary>Repeats one row of values for every pixel: destination[p, c] = values[c].</summary>
    /// <param name="shape">The shape of <paramref name="destination"/>.</param>
    /// <param name="values">(C).</param>
    /// <param name="destination">(B, H, W, C), overwritten.</param>
    void BroadcastChannels(ImageShape shape, BufferView values, BufferView destination);

    /// <summary>sums[c] += Σ over all pixels of x[p, c], in float64.</summary>
    /// <param name="shape">The shape of <paramref name="x"/>.</param>
    /// <param name="x">(B, H, W, C).</param>
    /// <param name="sums">(C), added to.</param>
    void SumChannels(ImageShape shape, BufferView x, BufferView sums);
}
