namespace FlowEngine.Data;

/// <summary>The images of one store after those of another.</summary>
internal sealed class ImageSequence(ImageStore first, ImageStore second) : ImageStore
{
    /// <inheritdoc/>
    public override int Count { get; } = checked(first.Count + second.Count);

    /// <inheritdoc/>
    public override int Length => first.Length;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Get(int index) =>
        index < first.Count ? first.Get(index) : second.Get(index - first.Count);

    /// <inheritdoc/>
    public override void Read(int index, Span<byte> image)
    {
        if (index < first.Count)
        {
            first.Read(index, image);
        }
        else
        {
            second.Read(index - first.Count, image);
        }
    }
}
