namespace FlowEngine.Data;

/// <summary>Images of a store by their positions.</summary>
internal sealed class ImageSelection(ImageStore store, int[] indices) : ImageStore
{
    /// <inheritdoc/>
    public override int Count => indices.Length;

    /// <inheritdoc/>
    public override int Length => store.Length;

    /// <inheritdoc/>
    public override void Read(int index, Span<byte> image) => store.Read(indices[index], image);

    /// <inheritdoc/>
    public override ImageStore Select(int[] positions) =>
        new ImageSelection(store, Array.ConvertAll(positions, position => indices[position]));
}
