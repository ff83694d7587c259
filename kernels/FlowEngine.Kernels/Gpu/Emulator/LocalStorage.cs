using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu.Emulator;

/// <summary>An array of one thread; only whether it is set is recorded.</summary>
internal sealed class LocalStorage(int lengthInBytes) : DeviceStorage
{
    private readonly byte[] _bytes = new byte[lengthInBytes];
    private readonly bool[] _set = new bool[lengthInBytes];

    public override ref byte Byte(long place) => ref _bytes[place];

    public override void NoteRead(long place, int length, string name, SourceLine line)
    {
        if (_set.AsSpan((int)place, length).Contains(false))
        {
            throw new KernelFaultException(line, $"read of {name} at byte {place}, which was never written");
        }
    }

    public override void NoteWrite(long place, int length, bool atomic, string name, SourceLine line) =>
        _set.AsSpan((int)place, length).Fill(true);

    public override void NotePending(long place, int length, string name, SourceLine line) =>
        throw new KernelFaultException(line, $"an asynchronous copy cannot write {name}");
}
