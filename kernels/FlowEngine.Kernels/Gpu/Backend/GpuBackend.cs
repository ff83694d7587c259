using System.Collections.Concurrent;
using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu;

/// <summary>
/// The operations on a GPU, in float32, by the kernels of <c>Device/</c>. One for CUDA, OpenCL and the emulator.
/// </summary>
/// <remarks>
/// Every operation is queued on one stream and the call returns; reading waits. A sum runs in parts of fixed sizes whose
/// results are added in order, so that it depends only on the shapes. The kernels of an operation are queued without those of
/// another thread between them: they share memory that is not the caller's.
/// </remarks>
public sealed partial class GpuBackend : IBackend
{
    private readonly GpuDevice _device;
    private readonly bool _ownsDevice;
    private readonly GpuStream _stream;
    private readonly Lock _queue = new();
    private readonly ConcurrentDictionary<NetworkShape, INetwork> _networks = new();
    private readonly GpuBuffer<float> _nothing;
    private readonly GpuScratch<float> _partials;
    private readonly GpuScratch<double> _wideScratch;
    private readonly GpuScratch<uint> _indices;
    private readonly GpuScratch<byte> _levels;
    private readonly GpuBuffer<uint> _flag;

    /// <summary>A backend on an opened device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="ownsDevice">Whether disposing this disposes the device.</param>
    /// <param name="precision">The precision of coupling networks.</param>
    public GpuBackend(GpuDevice device, bool ownsDevice = true, NetworkPrecision precision = NetworkPrecision.Full)
    {
        _device = device;
        NetworkPrecision = precision;
        _ownsDevice = ownsDevice;
        Captures = device.LaunchesGraphs;
        _stream = device.CreateStream();
        _nothing = device.Allocate<float>(1);
        _flag = device.Allocate<uint>(1);
        _partials = new GpuScratch<float>(device);
        _wideScratch = new GpuScratch<double>(device);
        _indices = new GpuScratch<uint>(device);
        _levels = new GpuScratch<byte>(device);
        PixelAffine = new PixelAffineMaps(this);
        Splines = new SplineMaps(this);
    }

    /// <summary>Opens a device and makes a backend on it, which owns it.</summary>
    /// <param name="selector">cuda:0, opencl:0 or emulator.</param>
    /// <param name="precision">The precision of coupling networks.</param>
    /// <exception cref="GpuException">NoDevice: the message says what exists.</exception>
    public static GpuBackend Open(string selector, NetworkPrecision precision = NetworkPrecision.Full)
    {
        GpuDevice device = GpuDevices.Open(selector);
        try
        {
            return new GpuBackend(device, ownsDevice: true, precision);
        }
        catch
        {
            device.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public string Name => _device.Info.Selector;

    /// <inheritdoc/>
    public ElementType ElementType => ElementType.Float32;

    /// <inheritdoc/>
    public NetworkPrecision NetworkPrecision { get; }

    /// <summary>The free and the whole memory of the device, in bytes; see <see cref="GpuDevice.MemoryInBytes"/>.</summary>
    public (long Free, long Total) MemoryInBytes() => _device.MemoryInBytes();

    /// <inheritdoc/>
    public bool IsQueued => true;

    /// <inheritdoc/>
    public DeviceMemory Memory
    {
        get
        {
            // What the pool keeps is there for who asks.
            _device.TrimPool();
            (long free, long total) = _device.MemoryInBytes();
            return new DeviceMemory(free, total);
        }
    }

    /// <inheritdoc/>
    public Span<float> InPlace(BufferView view) => default;

    /// <inheritdoc/>
    public DeviceBuffer Allocate(long length)
    {
        using Lock.Scope queue = _queue.EnterScope();
        var buffer = new GpuDeviceBuffer(_device, length);
        _stream.Clear(buffer.Elements);
        return buffer;
    }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<float> values, BufferView destination)
    {
        using Lock.Scope queue = _queue.EnterScope();
        if (values.Length > 0)
        {
            _stream.CopyToDevice(values, View(destination, values.Length));
        }
    }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<double> values, BufferView destination)
    {
        using Lock.Scope queue = _queue.EnterScope();
        float[] rounded = new float[values.Length];
        for (int i = 0; i < rounded.Length; i++)
        {
            rounded[i] = (float)values[i];
        }

        Write(rounded, destination);
    }

    /// <inheritdoc/>
    public void Read(BufferView source, Span<float> values)
    {
        using Lock.Scope queue = _queue.EnterScope();
        if (values.Length > 0)
        {
            _stream.CopyToHost(View(source, values.Length), values);
        }

        _stream.Synchronize();
    }

    /// <inheritdoc/>
    public void Read(BufferView source, Span<double> values)
    {
        using Lock.Scope queue = _queue.EnterScope();
        float[] narrow = new float[values.Length];
        Read(source, narrow);
        for (int i = 0; i < narrow.Length; i++)
        {
            values[i] = narrow[i];
        }
    }

    /// <inheritdoc/>
    public void Copy(BufferView source, BufferView destination)
    {
        using Lock.Scope queue = _queue.EnterScope();
        _stream.Copy(View(source, source.Length), View(destination, destination.Length));
    }

    /// <inheritdoc/>
    public void Fill(BufferView destination, double value)
    {
        using Lock.Scope queue = _queue.EnterScope();
        MemoryKernels.Fill(
            _stream,
            Cover(destination.Length, MemoryKernels.FillKernel),
            View(destination, destination.Length),
            (float)value,
            destination.Length);
    }

    /// <inheritdoc/>
    public void CopyChannels(
        BufferView source,
        ImageShape sourceShape,
        int sourceChannel,
        BufferView destination,
        int destinationChannels,
        int destinationChannel,
        int count)
    {
        using Lock.Scope queue = _queue.EnterScope();
        long length = (long)sourceShape.Pixels * count;
        MemoryKernels.CopyChannels(
            _stream,
            Cover(length, MemoryKernels.CopyChannelsKernel),
            View(source, sourceShape.Length),
            View(destination, (long)sourceShape.Pixels * destinationChannels),
            length,
            sourceShape.Channels,
            sourceChannel,
            destinationChannels,
            destinationChannel,
            count);
    }

    /// <inheritdoc/>
    public void SpreadRows(ImageShape shape, BufferView rows, BufferView destination)
    {
        using Lock.Scope queue = _queue.EnterScope();
        int count = (int)(rows.Length / shape.Batch);
        long length = (long)shape.Pixels * count;
        MemoryKernels.SpreadRows(
            _stream,
            Cover(length, MemoryKernels.SpreadRowsKernel),
            View(rows, (long)shape.Batch * count),
            View(destination, shape.Length),
            length,
            shape.PixelsPerImage,
            shape.Channels,
            count);
    }

    /// <inheritdoc/>
    public IPixelAffine PixelAffine { get; }

    /// <inheritdoc/>
    public ISplines Splines { get; }

    /// <inheritdoc/>
    public INetwork GetNetwork(NetworkShape shape) =>
        _networks.GetOrAdd(shape, static (shape, backend) => backend.CreateNetwork(shape), this);

    /// <inheritdoc/>
    public bool IsFinite(BufferView source)
    {
        using Lock.Scope queue = _queue.EnterScope();
        _stream.Clear(_flag.View);
        MemoryKernels.FindNonFinite(
            _stream,
            Cover(source.Length, MemoryKernels.FindNonFiniteKernel),
            View(source, source.Length),
            _flag,
            source.Length);
        Span<uint> found = [0];
        _stream.CopyToHost(_flag.View, found);
        _stream.Synchronize();
        return found[0] == 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stream.Dispose();
        foreach (IDisposable network in _networks.Values.OfType<IDisposable>().Concat(_splineNetworks.Values.OfType<IDisposable>()))
        {
            network.Dispose();
        }

        _nothing.Dispose();
        _flag.Dispose();
        _partials.Dispose();
        _wideScratch.Dispose();
        _indices.Dispose();
        _levels.Dispose();
        if (_ownsDevice)
        {
            _device.Dispose();
        }
    }

    private INetwork CreateNetwork(NetworkShape shape) => shape switch
    {
        PixelNetworkShape pixel => CreatePixelNetwork(pixel),
        DenseNetworkShape { IsAutoregressive: true } dense => new AutoregressiveNetwork(this, dense),
        DenseNetworkShape dense => new DenseNetwork(this, dense),
        LayeredNetworkShape layered => new LayeredNetwork(this, layered),
        ResidualNetworkShape residual => new ResidualNetwork(this, residual),
        ZeroConvolutionShape convolution => new ZeroConvolution(this, convolution),
        _ => throw new NotSupportedException($"{Name} has no network of a {shape.GetType().Name}"),
    };

    private PixelNetwork CreatePixelNetwork(PixelNetworkShape shape)
    {
        var fused = new FusedNetwork(shape, NetworkPrecision, _device.Info);
        return fused.Fits
            ? new FusedPixelNetwork(this, shape, fused)
            : new UnfusedPixelNetwork(this, shape, fused);
    }

    private static LaunchGrid Cover(long threads, KernelDescriptor kernel) =>
        LaunchGrid.Cover(Math.Max(1, threads), kernel.BlockSize);

    private static int Parts(long length, int partLength) =>
        checked((int)((length + partLength - 1) / partLength));

    /// <summary>The elements of a view that an operation uses.</summary>
    /// <exception cref="ArgumentException">The view is absent, too short, or of another backend.</exception>
    private GpuView<float> View(BufferView view, long length)
    {
        if (view.Buffer is not GpuDeviceBuffer buffer || buffer.Device != _device || view.Length < length)
        {
            throw new ArgumentException(
                $"a view of {length} elements on {Name} was expected, not {view}", nameof(view));
        }

        return buffer.Elements.Slice(view.Offset, length);
    }

    private GpuView<float> ViewOrNothing(BufferView view, long length) =>
        view.IsEmpty ? _nothing.View : View(view, length);

    // What tells a kernel that an image is as it is before its squeeze; 0 if it is not.
    private static int SqueezedWidth(ImageShape shape, in PixelAffineMap map) =>
        map.Squeezes ? shape.BeforeSqueeze().Width / 2 : 0;

    // sums (+)= the parts in order, each as long as the sums.
    private void AddParts(GpuView<float> partials, GpuView<float> sums, int parts, bool accumulate) =>
        SumKernels.AddParts(
            _stream,
            Cover(sums.Length, SumKernels.AddPartsKernel),
            partials.Slice(0, parts * sums.Length),
            sums,
            parts,
            sums.Length,
            accumulate ? 1 : 0);
}
