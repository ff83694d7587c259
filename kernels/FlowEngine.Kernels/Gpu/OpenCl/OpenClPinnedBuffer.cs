using System.Runtime.CompilerServices;

namespace FlowEngine.Kernels.Gpu.OpenCl;

/// <summary>
/// Host memory that the driver allocated: a buffer that stays mapped for its whole life. Drivers of GPUs copy between such
/// memory and other buffers without a detour; OpenCL has no other word for it.
/// </summary>
internal sealed unsafe class OpenClPinnedBuffer<T> : PinnedBuffer<T>
    where T : unmanaged
{
    private const ulong ReadAndWrite = 1 << 0;
    private const ulong AllocateHostMemory = 1 << 4;
    private const ulong MapForReadAndWrite = 3;

    private readonly OpenClDevice _device;
    private readonly int _length;
    private nint _memory;
    private void* _pointer;

    public OpenClPinnedBuffer(OpenClDevice device, int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        _device = device;
        _length = length;
        nuint bytes = checked((nuint)length * (nuint)Unsafe.SizeOf<T>());
        int code;
        _memory = device.Driver.CreateBuffer(
            device.Context, ReadAndWrite | AllocateHostMemory, bytes, null, &code);
        device.Check(code, $"clCreateBuffer of {bytes} bytes of host memory");
        _pointer = device.Driver.EnqueueMapBuffer(
            device.CopyQueue, _memory, 1, MapForReadAndWrite, 0, bytes, 0, null, null, &code);
        if (code != 0)
        {
            _ = device.Driver.ReleaseMemObject(_memory);
            device.Check(code, $"clEnqueueMapBuffer of {bytes} bytes of host memory");
        }

        device.Pinned.Add((nint)_pointer, bytes);
        device.Live.Add(this);
    }

    public override Span<T> Span
    {
        get
        {
            ObjectDisposedException.ThrowIf(_memory == 0, this);
            return new Span<T>(_pointer, _length);
        }
    }

    protected override void Dispose(bool disposing)
    {
        nint memory = Interlocked.Exchange(ref _memory, 0);
        if (memory != 0)
        {
            _device.Live.Remove(this);
            _device.Pinned.Remove((nint)_pointer);
            _ = _device.Driver.EnqueueUnmapMemObject(_device.CopyQueue, memory, _pointer, 0, null, null);
            _ = _device.Driver.Finish(_device.CopyQueue);
            _ = _device.Driver.ReleaseMemObject(memory);
            _pointer = null;
        }
    }
}
