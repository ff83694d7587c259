using System.Buffers;

namespace FlowEngine.Data;

/// <summary>Images that are made of those of a store whenever they are read.</summary>
internal sealed class TransformedImages(ImageStore store, int length, ImageTransform make) : ImageStore
{
    /// <inheritdoc/>
    public override int Count => store.Count;

    /// <inheritdoc/>
    public override int Length => length;

    /// <inheritdoc/>
    public override void Read(int index, Span<byte> image)
    {
        byte[] rented = ArrayPool<byte>.Shared.Rent(store.Length);
        try
        {
            Span<byte> stored = rented.AsSpan(0, store.Length);
            store.Read(index, stored);
            make(stored, image[..length]);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
