namespace FlowEngine.Data;

/// <summary>Where the images of a set are: in memory, or in a file from which they are read by index.</summary>
/// <remarks>What is made of a store in memory is in memory, and of others it is made anew whenever an image is read.</remarks>
internal abstract class ImageStore
{
    private const long DefaultLargestInMemory = 1L << 28;

    [ThreadStatic]
    private static long? _largestInMemory;

    /// <summary>The most bytes of one file that this thread loads into memory; more stay in the file.</summary>
    internal static long LargestInMemory
    {
        get => _largestInMemory ?? DefaultLargestInMemory;
        set => _largestInMemory = value;
    }

    /// <summary>Number of images.</summary>
    public abstract int Count { get; }

    /// <summary>Samples of an image.</summary>
    public abstract int Length { get; }

    /// <summary>One image, which is allocated unless it is in memory.</summary>
    /// <param name="index">0..Count-1.</param>
    public virtual ReadOnlySpan<byte> Get(int index)
    {
        byte[] image = new byte[Length];
        Read(index, image);
        return image;
    }

    /// <summary>Copies one image; allocates nothing.</summary>
    /// <param name="index">0..Count-1.</param>
    /// <param name="image">Its samples, overwritten.</param>
    /// <exception cref="FlowException">Its file cannot be read any more, or a value of it is out of range.</exception>
    public abstract void Read(int index, Span<byte> image);

    /// <summary>The images at some positions.</summary>
    /// <param name="indices">The positions, which are taken over.</param>
    public virtual ImageStore Select(int[] indices) => new ImageSelection(this, indices);

    /// <summary>These images, then others.</summary>
    /// <param name="other">The others.</param>
    public virtual ImageStore Concat(ImageStore other) => new ImageSequence(this, other);

    /// <summary>Images that are made of these.</summary>
    /// <param name="length">Samples of one.</param>
    /// <param name="make">Makes one of one.</param>
    public virtual ImageStore Transform(int length, ImageTransform make) => new TransformedImages(this, length, make);
}
