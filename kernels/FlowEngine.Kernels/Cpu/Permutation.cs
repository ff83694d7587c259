namespace FlowEngine.Kernels.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc cref="IBackend.PermuteChannels"/>
    public void PermuteChannels(ImageShape shape, BufferView permutation, bool inverse, BufferView x, BufferView y)
    {
        PermutationJob job = new()
        {
            Channels = shape.Channels,
            Pixels = shape.Pixels,
            Order = Pointer(permutation, shape.Channels),
            IsInverse = inverse,
            X = Pointer(x, shape.Length),
            Y = Pointer(y, shape.Length),
        };
        _team.Run((shape.Pixels + PermutationJob.PixelsPerPart - 1) / PermutationJob.PixelsPerPart, job);
    }

    private struct PermutationJob : IJob
    {
        public const int PixelsPerPart = 64;

        public int Channels;
        public int Pixels;
        public float* Order;
        public bool IsInverse;
        public float* X;
        public float* Y;

        public readonly void Invoke(int index, int worker)
        {
            for (int p = index * PixelsPerPart; p < Math.Min((index + 1) * PixelsPerPart, Pixels); p++)
            {
                float* x = X + ((long)p * Channels);
                float* y = Y + ((long)p * Channels);
                for (int c = 0; c < Channels; c++)
                {
                    int other = (int)Order[c];
                    if (IsInverse)
                    {
                        y[other] = x[c];
                    }
                    else
                    {
                        y[c] = x[other];
                    }
                }
            }
        }
    }
}
