namespace FlowEngine.Kernels.Cpu;

/// <remarks>One part per image and row of y: every element is read once and written once.</remarks>
public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc cref="IBackend.SqueezeForward"/>
    public void SqueezeForward(ImageShape shape, BufferView x, BufferView y) =>
        _team.Run(
            shape.Batch * (shape.Height / 2),
            new SqueezeJob { Shape = shape, X = Pointer(x, shape.Length), Y = Pointer(y, shape.Length) });

    /// <inheritdoc cref="IBackend.SqueezeInverse"/>
    public void SqueezeInverse(ImageShape shape, BufferView y, BufferView x) =>
        _team.Run(
            shape.Batch * (shape.Height / 2),
            new SqueezeJob
            {
                Shape = shape,
                X = Pointer(x, shape.Length),
                Y = Pointer(y, shape.Length),
                Inverse = true,
            });

    private struct SqueezeJob : IJob
    {
        public ImageShape Shape;
        public float* X;
        public float* Y;
        public bool Inverse;

        public readonly void Invoke(int index, int worker)
        {
            // Rows of y follow one another through the batch as pairs of rows of x do, since the height is even.
            int channels = Shape.Channels;
            long row = (long)Shape.Width * channels;
            float* top = X + (2 * index * row);
            float* bottom = top + row;
            float* y = Y + (2 * index * row);
            for (int w = 0; w < Shape.Width / 2; w++)
            {
                if (Inverse)
                {
                    for (int c = 0; c < channels; c++)
                    {
                        top[c] = y[4 * c];
                        top[channels + c] = y[(4 * c) + 1];
                        bottom[c] = y[(4 * c) + 2];
                        bottom[channels + c] = y[(4 * c) + 3];
                    }
                }
                else
                {
                    for (int c = 0; c < channels; c++)
                    {
                        y[4 * c] = top[c];
                        y[(4 * c) + 1] = top[channels + c];
                        y[(4 * c) + 2] = bottom[c];
                        y[(4 * c) + 3] = bottom[channels + c];
                    }
                }

                top += 2 * channels;
                bottom += 2 * channels;
                y += 4 * channels;
            }
        }
    }
}
