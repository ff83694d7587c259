using System.Runtime.InteropServices;

namespace FlowEngine.Native;

/// <summary><c>flow_device_options</c> of flowengine.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal record struct DeviceOptions
{
    /// <summary>Its size before it grew.</summary>
    public const int FirstSize = 16;

    public uint StructSize;
    public int Backend;
    public int Device;
    public int Threads;
    public int Precision;
}
