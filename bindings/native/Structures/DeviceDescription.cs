using System.Runtime.InteropServices;

namespace FlowEngine.Native;

/// <summary><c>flow_device</c> of flowengine.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct DeviceDescription
{
    public uint StructSize;
    public int Backend;
    public int Device;
    public int Cores;
    public long MemoryBytes;
    public fixed byte Name[64];
    public fixed byte InstructionSet[32];
}
