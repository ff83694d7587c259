using System.Runtime.InteropServices;

namespace FlowEngine.Native;

/// <summary><c>flow_device_options</c> of flowengine.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct DeviceOptions
{
    public uint StructSize;
    public int Backend;
    public int Device;
    public int Threads;
}
