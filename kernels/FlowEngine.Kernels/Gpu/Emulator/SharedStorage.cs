using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu.Emulator;

/// <summary>Memory of a group, filled with NaN until it is set.</summary>
internal sealed class SharedStorage : DeviceStorage
{
    private readonly byte[] _bytes;
    private readonly ShadowMemory _shadow = new(mustBeSet: true);

    public SharedStorage(int lengthInBytes)
    {
        _bytes = new byte[lengthInBytes];
        _bytes.AsSpan().Fill(0xff);
    }

    public override ref byte Byte(long place) => ref _bytes[place];

    public override void NoteRead(long place, int length, string name, SourceLine line) =>
        _shadow.NoteRead(place, length, name, line);

    public override void NoteWrite(long place, int length, bool atomic, string name, SourceLine line) =>
        _shadow.NoteWrite(place, length, atomic, name, line);

    public override void NotePending(long place, int length, string name, SourceLine line) =>
        _shadow.NotePending(place, length, name, line);
}
