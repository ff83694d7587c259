namespace FlowEngine.Kernels.Reference;

public sealed partial class ReferenceBackend<T>
{
    /// <inheritdoc/>
    public void SqueezeForward(ImageShape shape, BufferView x, BufferView y)
    {
        Span<T> from = Elements(x, shape.Length);
        Span<T> to = Elements(y, shape.Length);
        for (int squeezed = 0; squeezed < from.Length; squeezed++)
        {
            to[squeezed] = from[UnsqueezedIndex(shape, squeezed)];
        }
    }

    /// <inheritdoc/>
    public void SqueezeInverse(ImageShape shape, BufferView y, BufferView x)
    {
        Span<T> from = Elements(y, shape.Length);
        Span<T> to = Elements(x, shape.Length);
        for (int squeezed = 0; squeezed < from.Length; squeezed++)
        {
            to[UnsqueezedIndex(shape, squeezed)] = from[squeezed];
        }
    }

    // Where y[b, h, w, 4c + 2i + j] comes from: x[b, 2h + i, 2w + j, c].
    private static int UnsqueezedIndex(ImageShape shape, int squeezed)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(shape.Height % 2, 0);
        ArgumentOutOfRangeException.ThrowIfNotEqual(shape.Width % 2, 0);
        (int pixel, int channel) = int.DivRem(squeezed, 4 * shape.Channels);
        (int row, int column) = int.DivRem(pixel, shape.Width / 2);
        (int c, int position) = int.DivRem(channel, 4);

        // Rows of all images are numbered on: H is even, so row h of image b is row 2h of image b.
        int sourceRow = (2 * row) + (position / 2);
        int sourceColumn = (2 * column) + (position % 2);
        return (((sourceRow * shape.Width) + sourceColumn) * shape.Channels) + c;
    }
}
