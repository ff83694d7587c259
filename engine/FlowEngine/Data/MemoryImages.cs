namespace FlowEngine.Data;

/// <summary>Images in memory, an array each: there is no 2 GB limit, and a selection copies references only.</summary>
/// <param name="images">The images, all of one length.</param>
/// <param name="length">Samples of one.</param>
internal sealed class MemoryImages(byte[][] images, int length) : ImageStore
{
    /// <inheritdoc/>
    public override int Count => images.Length;

    /// <inheritdoc/>
    public override int Length => length;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Get(int index) => images[index];

    /// <inheritdoc/>
    public override void Read(int index, Span<byte> image) => images[index].CopyTo(image);

    /// <inheritdoc/>
    public override ImageStore Select(int[] indices) =>
        new MemoryImages(Array.ConvertAll(indices, index => images[index]), length);

    /// <inheritdoc/>
    public override ImageStore Concat(ImageStore other) => other is MemoryImages more
        ? new MemoryImages([.. images, .. more.Arrays], length)
        : base.Concat(other);

    /// <inheritdoc/>
    public override ImageStore Transform(int length, ImageTransform make) => new MemoryImages(
        Array.ConvertAll(images, image =>
        {
            byte[] result = new byte[length];
            make(image, result);
            return result;
        }),
        length);

    private byte[][] Arrays => images;
}
