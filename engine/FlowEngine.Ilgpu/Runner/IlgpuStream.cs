using FlowEngine.Kernels.Gpu;
using ILGPU;
using ILGPU.Runtime;

namespace FlowEngine.Ilgpu;

/// <summary>A stream of an accelerator of ILGPU. Copies from and to the host are done when they return.</summary>
internal sealed class IlgpuStream : HostStream
{
    private readonly IlgpuDevice _device;
    private readonly AcceleratorStream _stream;

    /// <summary>Makes a stream.</summary>
    /// <param name="device">Its device.</param>
    public IlgpuStream(IlgpuDevice device)
        : base(device)
    {
        _device = device;
        using ScopedAcceleratorBinding binding = device.Accelerator.BindScoped();
        _stream = device.Accelerator.CreateStream();
        device.Live.Add(this);
    }

    internal override void Submit(in KernelLaunch launch)
    {
        Action<AcceleratorStream> queue = _device.KernelOf(launch.Kernel).Prepare(in launch);
        Do(() => Queue(() => queue(_stream)));
    }

    protected override void Finish() => Queue(_stream.Synchronize);

    private protected override void CopyToDeviceBytes(ReadOnlySpan<byte> source, GpuMemory destination, long offset)
    {
        ThrowIfCapturing("a copy from the host cannot be captured; copy it before the graph");
        if (source.IsEmpty)
        {
            return;
        }

        using ScopedAcceleratorBinding binding = _device.Accelerator.BindScoped();
        Bytes(destination, offset, source.Length).CopyFromCPU(_stream, source);
        _stream.Synchronize();
    }

    private protected override void CopyToHostBytes(GpuMemory source, long offset, Span<byte> destination)
    {
        ThrowIfCapturing("a copy to the host cannot be captured; copy it after the graph");
        if (destination.IsEmpty)
        {
            return;
        }

        using ScopedAcceleratorBinding binding = _device.Accelerator.BindScoped();
        Bytes(source, offset, destination.Length).CopyToCPU(_stream, destination);
        _stream.Synchronize();
    }

    private protected override void CopyBytes(
        GpuMemory source, long sourceOffset, GpuMemory destination, long destinationOffset, long lengthInBytes)
    {
        if (lengthInBytes > 0)
        {
            ArrayView<byte> from = Bytes(source, sourceOffset, lengthInBytes);
            ArrayView<byte> to = Bytes(destination, destinationOffset, lengthInBytes);
            Do(() => Queue(() => from.CopyTo(_stream, to)));
        }
    }

    private protected override void ClearBytes(GpuMemory destination, long offset, long lengthInBytes)
    {
        if (lengthInBytes > 0)
        {
            ArrayView<byte> bytes = Bytes(destination, offset, lengthInBytes);
            Do(() => Queue(() => bytes.MemSetToZero(_stream)));
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _device.Live.Remove(this);
            using ScopedAcceleratorBinding binding = _device.Accelerator.BindScoped();
            _stream.Dispose();
        }
    }

    private static ArrayView<byte> Bytes(GpuMemory memory, long start, long length) =>
        ((IlgpuMemory)memory).Bytes(start, length);

    private void Queue(Action work)
    {
        try
        {
            using ScopedAcceleratorBinding binding = _device.Accelerator.BindScoped();
            work();
        }
        catch (AcceleratorException e)
        {
            throw new GpuException(GpuErrorKind.Driver, $"{Device.Info.Selector}: {e.Message}");
        }
    }
}
