using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FlowEngine.Kernels.Gpu;

/// <summary>A kernel, its grid and its arguments on their way to a stream. Generated launchers fill it in.</summary>
/// <remarks>
/// Values are laid out in order, each aligned to 8 bytes. Nothing is allocated: the arguments live on the stack until
/// the stream has taken them.
/// </remarks>
public ref struct KernelLaunch
{
    /// <summary>The most arguments of a kernel.</summary>
    public const int MaxArguments = 32;

    private const int MaxValueBytes = 512;

    private readonly GpuStream _stream;
    private ArgumentArray _arguments;
    private ValueBytes _values;
    private int _valueBytes;

    /// <summary>A launch without arguments yet.</summary>
    /// <param name="stream">Where it will be queued.</param>
    /// <param name="kernel">The kernel.</param>
    /// <param name="grid">How many groups.</param>
    public KernelLaunch(GpuStream stream, KernelDescriptor kernel, LaunchGrid grid)
    {
        _stream = stream;
        Kernel = kernel;
        Grid = grid;
    }

    /// <summary>The kernel.</summary>
    public KernelDescriptor Kernel { get; }

    /// <summary>How many groups.</summary>
    public LaunchGrid Grid { get; }

    /// <summary>How many arguments it has so far.</summary>
    public int Count { get; private set; }

    /// <summary>The next argument: device memory.</summary>
    /// <typeparam name="T">The element.</typeparam>
    /// <param name="view">The memory.</param>
    /// <exception cref="ArgumentException">The memory lies on another device than the stream's.</exception>
    public void Add<T>(GpuView<T> view)
        where T : unmanaged
    {
        if (view.Memory is null || view.Memory.Device != _stream.Device)
        {
            throw new ArgumentException(
                $"{Kernel.Name}: {Kernel.Parameters[Count].Name} does not lie on {_stream.Device.Info.Selector}");
        }

        _arguments[Count++] = new KernelArgument(view.Memory, view.OffsetInBytes, view.LengthInBytes);
    }

    /// <summary>The next argument: a number or a struct of numbers.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    /// <param name="value">The value.</param>
    public void Add<T>(T value)
        where T : unmanaged
    {
        int size = Unsafe.SizeOf<T>();
        Span<byte> room = MemoryMarshal.CreateSpan(ref Unsafe.As<ValueBytes, byte>(ref _values), MaxValueBytes);
        MemoryMarshal.Write(room.Slice(_valueBytes, size), in value);
        _arguments[Count++] = new KernelArgument(null, _valueBytes, size);
        _valueBytes += (size + 7) & ~7;
    }

    /// <summary>Queues the kernel.</summary>
    /// <exception cref="GpuException">The grid or the shared memory is beyond the device's limits, or the driver says no.</exception>
    public readonly void Submit() => _stream.Submit(in this);

    /// <summary>An argument.</summary>
    /// <param name="index">Its place.</param>
    [UnscopedRef]
    internal readonly ref readonly KernelArgument Argument(int index) => ref _arguments[index];

    /// <summary>The bytes of an argument that is a value.</summary>
    /// <param name="index">Its place.</param>
    [UnscopedRef]
    internal readonly ReadOnlySpan<byte> Value(int index)
    {
        ref byte first = ref Unsafe.As<ValueBytes, byte>(ref Unsafe.AsRef(in _values));
        KernelArgument argument = _arguments[index];
        return MemoryMarshal.CreateReadOnlySpan(ref first, MaxValueBytes)
            .Slice((int)argument.OffsetInBytes, (int)argument.LengthInBytes);
    }

    [InlineArray(MaxArguments)]
    private struct ArgumentArray
    {
        private KernelArgument _first;
    }

    [InlineArray(MaxValueBytes)]
    private struct ValueBytes
    {
        private byte _first;
    }
}
