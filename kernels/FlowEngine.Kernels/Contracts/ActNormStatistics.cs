namespace FlowEngine.Kernels;

public partial interface IBackend
{
    /// <summary>
    /// Mean and population standard deviation of each channel over all pixels of the batch, in float64.
    /// </summary>
    /// <param name="shape">The shape of <paramref name="x"/>.</param>
    /// <param name="x">(B, H, W, C).</param>
    /// <param name="mean">(C), overwritten.</param>
    /// <param name="deviation">(C), overwritten.</param>
    void ActNormStatistics(ImageShape shape, BufferView x, BufferView mean, BufferView deviation);
}
