namespace FlowEngine.Kernels.Reference;

public sealed partial class ReferenceBackend<T>
{
    /// <inheritdoc/>
    public void PermuteChannels(ImageShape shape, BufferView permutation, bool inverse, BufferView x, BufferView y)
    {
        double[] order = WideArray(permutation, shape.Channels);
        Span<T> input = Elements(x, shape.Length);
        Span<T> result = Elements(y, shape.Length);
        for (int i = 0; i < result.Length; i++)
        {
            int c = i % shape.Channels;
            int other = i - c + (int)order[c];
            if (inverse)
            {
                result[other] = input[i];
            }
            else
            {
                result[i] = input[other];
            }
        }
    }
}
