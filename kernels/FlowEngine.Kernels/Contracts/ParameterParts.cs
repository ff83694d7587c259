namespace FlowEngine.Kernels;

/// <summary>Takes the parameters of a network from their array, one after the other.</summary>
/// <param name="array">The parameters or their gradients; empty gives empty parts.</param>
internal ref struct ParameterParts(BufferView array)
{
    private long _next;

    /// <summary>The next parameter.</summary>
    /// <param name="length">Its elements.</param>
    public BufferView Take(long length)
    {
        if (array.IsEmpty)
        {
            return default;
        }

        BufferView part = array.Slice(_next, length);
        _next += NetworkShape.Aligned(length);
        return part;
    }
}
