namespace FlowEngine.Kernels;

/// <remarks>
/// Batch normalization as a layer of a flow. μ and σ are a mean and a population deviation per channel, of this batch
/// or of many before it; s = 1 / √(σ² + ε); n = B·P pixels.
/// <code>
/// Forward     x̂ = (x - μ) s;  y = e^ls x̂ + b;  logDet[image] += P Σ_c (ls + ln s)
/// Inverse     x = μ + (y - b) e^(-ls) / s
/// Backward    db += Σ dy;  dls += Σ dy e^ls x̂ + G,   G = P Σ dLogDet
///             dx = s e^ls dy, where μ and σ are constants
///             dx = s (e^ls dy - (e^ls Σ dy + x̂ (Σ dy e^ls x̂ + G)) / n), where they are those of x
/// </code>
/// </remarks>
public partial interface IBackend
{
    /// <summary>x to y.</summary>
    /// <param name="shape">The shape of x and y.</param>
    /// <param name="parameters">b, ls, μ and σ.</param>
    /// <param name="x">(B, H, W, C).</param>
    /// <param name="y">(B, H, W, C), overwritten.</param>
    /// <param name="logDet">(B), added to.</param>
    void BatchNormForward(
        ImageShape shape, in BatchNormParameters parameters, BufferView x, BufferView y, BufferView logDet);

    /// <summary>y to x.</summary>
    /// <param name="shape">The shape of x and y.</param>
    /// <param name="parameters">b, ls, μ and σ.</param>
    /// <param name="y">(B, H, W, C).</param>
    /// <param name="x">(B, H, W, C), overwritten.</param>
    void BatchNormInverse(ImageShape shape, in BatchNormParameters parameters, BufferView y, BufferView x);

    /// <summary>The gradients.</summary>
    /// <param name="shape">The shape of x and y.</param>
    /// <param name="parameters">b, ls, μ and σ.</param>
    /// <param name="throughStatistics">True if μ and σ are those of x.</param>
    /// <param name="x">(B, H, W, C).</param>
    /// <param name="dy">(B, H, W, C).</param>
    /// <param name="dLogDet">(B).</param>
    /// <param name="dx">(B, H, W, C), overwritten.</param>
    /// <param name="dBias">(C), added to.</param>
    /// <param name="dLogScale">(C), added to.</param>
    void BatchNormBackward(
        ImageShape shape,
        in BatchNormParameters parameters,
        bool throughStatistics,
        BufferView x,
        BufferView dy,
        BufferView dLogDet,
        BufferView dx,
        BufferView dBias,
        BufferView dLogScale);

    /// <summary>running += rate · (batch - running), element by element where the batch's is finite.</summary>
    /// <param name="running">What is moved.</param>
    /// <param name="batch">Towards what; as long.</param>
    /// <param name="rate">How far, 0 to 1.</param>
    void MoveTowards(BufferView running, BufferView batch, double rate);
}
