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
    private const int MaxGroupsAlongYAndZ = 65535;

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
    /// <exception cref="GpuException">
    /// The arguments are not the kernel's, memory that is written overlaps another argument, the grid or the shared memory
    /// is beyond the device's limits, or the driver says no.
    /// </exception>
    public readonly void Submit()
    {
        CheckGrid();
        CheckArguments();
        _stream.Submit(in this);
    }

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

    // The limits that every GPU has are kept on all devices, so that what runs on one runs on the others.
    private readonly void CheckGrid()
    {
        if (Grid.X < 1 || Grid.Y is < 1 or > MaxGroupsAlongYAndZ || Grid.Z is < 1 or > MaxGroupsAlongYAndZ)
        {
            throw Refused(
                $"the grid is {Grid.X} x {Grid.Y} x {Grid.Z}, expected at least 1 and at most {int.MaxValue} x "
                + $"{MaxGroupsAlongYAndZ} x {MaxGroupsAlongYAndZ}");
        }

        if (Grid.DynamicSharedBytes < 0 || (Grid.DynamicSharedBytes > 0 && !Kernel.UsesDynamicShared))
        {
            throw Refused(
                $"the launch asks for {Grid.DynamicSharedBytes} bytes of dynamic shared memory, expected "
                + (Kernel.UsesDynamicShared ? "0 or more" : "0, since the kernel uses none"));
        }

        int shared = Kernel.StaticSharedBytes + Grid.DynamicSharedBytes;
        if (shared > _stream.Device.Info.MaxSharedBytesPerGroup)
        {
            throw Refused(
                $"a group needs {shared} bytes of shared memory, {_stream.Device.Info.Selector} has "
                + $"{_stream.Device.Info.MaxSharedBytesPerGroup}");
        }
    }

    private readonly void CheckArguments()
    {
        if (Count != Kernel.Parameters.Count)
        {
            throw Refused($"the launch has {Count} arguments, expected {Kernel.Parameters.Count}");
        }

        for (int i = 0; i < Count; i++)
        {
            KernelParameter parameter = Kernel.Parameters[i];
            ref readonly KernelArgument argument = ref _arguments[i];
            bool isValue = parameter.Kind == KernelParameterKind.Value;
            if (isValue != argument.Memory is null || (isValue && argument.LengthInBytes != parameter.SizeInBytes))
            {
                throw Refused(
                    $"{parameter.Name} is {Describe(argument)}, expected "
                    + (isValue ? $"a value of {parameter.SizeInBytes} bytes" : "device memory"));
            }

            for (int j = 0; j < i && argument.Memory is not null; j++)
            {
                if (Overlap(argument, _arguments[j])
                    && !(parameter.MayAlias && Kernel.Parameters[j].MayAlias)
                    && (parameter.Kind == KernelParameterKind.View
                        || Kernel.Parameters[j].Kind == KernelParameterKind.View))
                {
                    // They are restrict in C: the compiler counts on it that no write through one changes the other.
                    throw Refused($"{Kernel.Parameters[j].Name} and {parameter.Name} overlap, and one is written");
                }
            }
        }
    }

    private static bool Overlap(in KernelArgument left, in KernelArgument right) =>
        left.Memory == right.Memory
        && left.OffsetInBytes < right.OffsetInBytes + right.LengthInBytes
        && right.OffsetInBytes < left.OffsetInBytes + left.LengthInBytes;

    private static string Describe(in KernelArgument argument) =>
        argument.Memory is null ? $"a value of {argument.LengthInBytes} bytes" : "device memory";

    private readonly GpuException Refused(string text) =>
        new(GpuErrorKind.InvalidOperation, $"{_stream.Device.Info.Selector}: {Kernel.Name}: {text}");

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
