using System.Runtime.InteropServices;

namespace FlowEngine.Native;

/// <summary><c>flow_shape</c> of flowengine.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LatentShape
{
    public int Height;
    public int Width;
    public int Channels;
}
