namespace FlowEngine.Kernels.Cpu;

/// <remarks>One part per 16 channels; two passes, the second around the float64 mean of the first.</remarks>
public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc cref="IBackend.ActNormStatistics"/>
    public void ActNormStatistics(ImageShape shape, BufferView x, BufferView mean, BufferView deviation) =>
        _team.Run(
            (shape.Channels + SimdMath.Width - 1) / SimdMath.Width,
            new StatisticsJob
            {
                X = new ChannelColumns(Pointer(x, shape.Length), shape.Pixels, shape.Channels),
                Mean = Pointer(mean, shape.Channels),
                Deviation = Pointer(deviation, shape.Channels),
            });

    private struct StatisticsJob : IJob
    {
        public ChannelColumns X;
        public float* Mean;
        public float* Deviation;

        public readonly void Invoke(int index, int worker)
        {
            int first = index * SimdMath.Width;
            int count = Math.Min(SimdMath.Width, X.Channels - first);
            double* mean = stackalloc double[2 * SimdMath.Width];
            double* squares = mean + SimdMath.Width;
            X.Sum(first, mean);
            for (int l = 0; l < SimdMath.Width; l++)
            {
                mean[l] /= X.Pixels;
            }

            X.SumOfSquares(first, mean, squares);
            for (int l = 0; l < count; l++)
            {
                Mean[first + l] = (float)mean[l];
                Deviation[first + l] = (float)Math.Sqrt(squares[l] / X.Pixels);
            }
        }
    }
}
