using System.Collections.Concurrent;
using FlowEngine.Kernels.Gpu;
using ILGPU;
using ILGPU.Runtime;

namespace FlowEngine.Ilgpu;

/// <summary>An accelerator of ILGPU as a device: it compiles a kernel when it is first used.</summary>
internal sealed class IlgpuDevice : GpuDevice
{
    private readonly ConcurrentDictionary<KernelDescriptor, IlgpuKernel> _kernels = new();
    private readonly Context? _context;
    private long _allocated;

    /// <summary>Opens an accelerator.</summary>
    /// <param name="accelerator">The accelerator.</param>
    /// <param name="context">Its context if this device owns both.</param>
    public IlgpuDevice(Accelerator accelerator, Context? context)
        : base(IlgpuDevices.Describe(accelerator.Device, accelerator.Context))
    {
        Accelerator = accelerator;
        _context = context;
    }

    /// <summary>The accelerator.</summary>
    public Accelerator Accelerator { get; }

    /// <summary>What is freed with the device.</summary>
    public LiveObjects Live { get; } = new();

    public override PinnedBuffer<T> AllocatePinned<T>(int length) => new HostPinnedBuffer<T>(length);

    public override GpuStream CreateStream() => new IlgpuStream(this);

    public override GpuEvent CreateEvent() => new HostEvent();

    public override (long Free, long Total) MemoryInBytes() =>
        (Info.MemoryInBytes - Interlocked.Read(ref _allocated), Info.MemoryInBytes);

    /// <summary>A kernel, compiled.</summary>
    /// <param name="kernel">The kernel.</param>
    public IlgpuKernel KernelOf(KernelDescriptor kernel) => _kernels.GetOrAdd(kernel, key => new IlgpuKernel(this, key));

    /// <summary>Memory is about to be freed.</summary>
    /// <param name="memory">The memory.</param>
    public void NoteFreed(IlgpuMemory memory)
    {
        Live.Remove(memory);
        Interlocked.Add(ref _allocated, -memory.LengthInBytes);
    }

    internal override GpuMemory AllocateMemory(long lengthInBytes)
    {
        (long free, long total) = MemoryInBytes();
        if (lengthInBytes <= free)
        {
            try
            {
                using ScopedAcceleratorBinding binding = Accelerator.BindScoped();
                MemoryBuffer1D<byte, Stride1D.Dense> buffer = Accelerator.Allocate1D<byte>(lengthInBytes);
                IlgpuMemory memory = new(this, buffer);
                Live.Add(memory);
                Interlocked.Add(ref _allocated, lengthInBytes);
                return memory;
            }
            catch (Exception e) when (e is AcceleratorException or OutOfMemoryException)
            {
                // As if it were not free: other programs have the rest.
            }
        }

        throw new GpuException(
            GpuErrorKind.OutOfMemory,
            $"{Info.Selector}: {lengthInBytes} bytes of memory were asked for, {free} of {total} are not this program's");
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (!disposing)
        {
            return;
        }

        Live.Dispose();
        if (_context is not null)
        {
            Accelerator.Dispose();
            _context.Dispose();
        }
    }
}
