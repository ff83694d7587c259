namespace FlowEngine.Kernels;

/// <summary>
/// The operations a model is made of, on one device. Every backend computes the same functions; the parts of this
/// interface are one file per family of operations, and each implementation has a file of the same name.
/// </summary>
/// <remarks>
/// <para>
/// Images are (B, H, W, C), the channel contiguous; B·P pixels, P = H·W. LogDet and LogProb are per image, (B), in
/// nats, and are added to. Gradients of parameters accumulate (+=); gradients of activations overwrite, unless the
/// operation says that it adds. An output may not overlap an input unless the operation allows it.
/// </para>
/// <para>
/// A result does not depend on the number of threads, the width of the vectors, the other images of the batch or the
/// position of an image in it: every sum runs in an order fixed only by the shapes.
/// </para>
/// <para>Operations allocate nothing; what they need beside their arguments is passed as a workspace.</para>
/// </remarks>
public partial interface IBackend : IDisposable
{
    /// <summary>A short name, such as <c>cpu</c>.</summary>
    string Name { get; }

    /// <summary>The type this backend computes in.</summary>
    ElementType ElementType { get; }

    /// <summary>What this backend rounds the factors of a coupling network's products to.</summary>
    NetworkPrecision NetworkPrecision { get; }

    /// <summary>True if operations are queued and their calls return: only reading waits for them.</summary>
    bool IsQueued { get; }

    /// <summary>The memory of the device as it is now.</summary>
    DeviceMemory Memory { get; }

    /// <summary>Allocates a zeroed buffer.</summary>
    /// <param name="length">The number of elements.</param>
    /// <exception cref="OutOfMemoryException">There is not enough memory on the host.</exception>
    /// <exception cref="Gpu.GpuException">There is not enough memory on the device.</exception>
    DeviceBuffer Allocate(long length);

    /// <summary>Copies host values into a buffer, converting if the types differ.</summary>
    /// <param name="values">The values; as many as <paramref name="destination"/> holds.</param>
    /// <param name="destination">Where they go.</param>
    void Write(ReadOnlySpan<float> values, BufferView destination);

    /// <inheritdoc cref="Write(ReadOnlySpan{float}, BufferView)"/>
    void Write(ReadOnlySpan<double> values, BufferView destination);

    /// <summary>Copies a buffer's values to the host, converting if the types differ.</summary>
    /// <param name="source">What to read.</param>
    /// <param name="values">Where it goes; as long as <paramref name="source"/>.</param>
    void Read(BufferView source, Span<float> values);

    /// <inheritdoc cref="Read(BufferView, Span{float})"/>
    void Read(BufferView source, Span<double> values);

    /// <summary>The elements themselves, where they are float32 in host memory; elsewhere nothing: they are read and written.</summary>
    /// <param name="view">Fewer than 2^31 elements.</param>
    /// <returns>As long as the view, or empty; valid as long as its buffer.</returns>
    Span<float> InPlace(BufferView view);

    /// <summary>Copies one view to another of the same length.</summary>
    /// <param name="source">What to copy.</param>
    /// <param name="destination">Where it goes.</param>
    void Copy(BufferView source, BufferView destination);

    /// <summary>Sets every element to a value.</summary>
    /// <param name="destination">What to fill.</param>
    /// <param name="value">The value.</param>
    void Fill(BufferView destination, double value);

    /// <summary>
    /// Copies channels between images of equal pixels:
    /// <c>destination[p, destinationChannel + c] = source[p, sourceChannel + c]</c>, c &lt; count.
    /// </summary>
    /// <param name="source">(B, H, W, sourceChannels).</param>
    /// <param name="sourceShape">The shape of <paramref name="source"/>.</param>
    /// <param name="sourceChannel">The first channel read.</param>
    /// <param name="destination">(B, H, W, destinationChannels).</param>
    /// <param name="destinationChannels">The channels of <paramref name="destination"/>.</param>
    /// <param name="destinationChannel">The first channel written.</param>
    /// <param name="count">How many channels.</param>
    void CopyChannels(
        BufferView source,
        ImageShape sourceShape,
        int sourceChannel,
        BufferView destination,
        int destinationChannels,
        int destinationChannel,
        int count);

    /// <summary>Repeats a row of each image for all its pixels: <c>destination[b, p, c] = rows[b, c]</c>, c &lt; N.</summary>
    /// <param name="shape">The shape of <paramref name="destination"/>.</param>
    /// <param name="rows">(B, N), N at most C.</param>
    /// <param name="destination">(B, H, W, C); the first N channels are overwritten.</param>
    void SpreadRows(ImageShape shape, BufferView rows, BufferView destination);

    /// <summary>
    /// Makes a sequence of operations that will run more than once. Where the device can, it is recorded once and
    /// launched as one; within another recording it is part of that.
    /// </summary>
    /// <param name="operations">
    /// Calls operations whose arguments are the same each time, reads nothing and writes nothing from the host, and has
    /// no effect of its own: it may be called once or at every run.
    /// </param>
    IRecording Record(Action operations);

    /// <summary>The affine maps of pixels.</summary>
    IPixelAffine PixelAffine { get; }

    /// <summary>Rational-quadratic splines.</summary>
    ISplines Splines { get; }

    /// <summary>The network of a shape, the same object for equal shapes; it lives as long as the backend.</summary>
    /// <param name="shape">What it is and its sizes.</param>
    /// <exception cref="NotSupportedException">This backend has no network of this kind.</exception>
    INetwork GetNetwork(NetworkShape shape);

    /// <summary>True if every element is finite.</summary>
    /// <param name="source">What to look at.</param>
    bool IsFinite(BufferView source);
}
