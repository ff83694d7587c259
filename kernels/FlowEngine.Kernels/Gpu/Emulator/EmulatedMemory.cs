using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu.Emulator;

/// <summary>Device memory of the emulator. The system commits a page when it is first touched.</summary>
internal sealed unsafe class EmulatedMemory : GpuMemory
{
    private byte* _bytes;

    public EmulatedMemory(GpuDevice device, long lengthInBytes)
        : base(device, lengthInBytes)
    {
        try
        {
            _bytes = (byte*)NativeMemory.AllocZeroed((nuint)lengthInBytes);
        }
        catch (OutOfMemoryException)
        {
            throw new GpuException(
                GpuErrorKind.OutOfMemory, $"emulator: the system did not give {lengthInBytes} bytes of memory");
        }

        Storage = new GlobalStorage(this);
    }

    ~EmulatedMemory() => NativeMemory.Free(_bytes);

    /// <summary>The bytes as kernels see them.</summary>
    public DeviceStorage Storage { get; }

    /// <summary>The bytes as copies see them.</summary>
    /// <param name="start">The first.</param>
    /// <param name="length">How many.</param>
    public Span<byte> Bytes(long start, int length) => new(_bytes + start, length);

    /// <inheritdoc/>
    public override void Dispose()
    {
        NativeMemory.Free(_bytes);
        _bytes = null;
        GC.SuppressFinalize(this);
    }

    private sealed class GlobalStorage(EmulatedMemory memory) : DeviceStorage
    {
        private readonly ShadowMemory _shadow = new(mustBeSet: false);

        public override ref byte Byte(long place) => ref Unsafe.AsRef<byte>(memory._bytes + place);

        public override void NoteRead(long place, int length, string name, SourceLine line) =>
            _shadow.NoteRead(place, length, name, line);

        public override void NoteWrite(long place, int length, bool atomic, string name, SourceLine line) =>
            _shadow.NoteWrite(place, length, atomic, name, line);

        public override void NotePending(long place, int length, string name, SourceLine line) =>
            _shadow.NotePending(place, length, name, line);
    }
}
