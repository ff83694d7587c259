namespace FlowEngine.Kernels.Cpu;

/// <remarks>One part per image and row of y: every element is read once and written once.</remarks>
public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc cref="IBackend.SqueezeForward"/>
    public void SqueezeForward(ImageShape shape, BufferView x, BufferView y) => Squeeze(shape, x, y, inverse: false);

    /// <inheritdoc cref="IBackend.SqueezeInverse"/>
    public void SqueezeInverse(ImageShape shape, BufferView y, BufferView x) => Squeeze(shape, x, y, inverse: true);

    private void Squeeze(ImageShape shape, BufferView x, BufferView y, bool inverse)
    {
        ImageShape squeezed = new(shape.Batch, shape.Height / 2, shape.Width / 2, 4 * shape.Channels);
        _team.Run(
            squeezed.Batch * squeezed.Height,
            new SqueezeJob
            {
                X = new SqueezedPixels(Pointer(x, shape.Length), squeezed),
                Y = Pointer(y, shape.Length),
                Shape = squeezed,
                Inverse = inverse,
            });
    }

    private struct SqueezeJob : IJob
    {
        public SqueezedPixels X;
        public float* Y;
        public ImageShape Shape;
        public bool Inverse;

        public readonly void Invoke(int index, int worker)
        {
            int first = index * Shape.Width;
            float* y = Y + ((long)first * Shape.Channels);
            if (Inverse)
            {
                X.Scatter(y, first, Shape.Width);
            }
            else
            {
                X.Gather(first, Shape.Width, y);
            }
        }
    }
}
