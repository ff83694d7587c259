using System.Runtime.InteropServices;

namespace FlowEngine.Native;

/// <summary><c>flow_call</c> of flowengine.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CallOptions
{
    public uint StructSize;
    public int Memory;
    public int Device;
    public int Batch;
    public void* Stream;
    public delegate* unmanaged[Cdecl]<long, long, void*, int> Progress;
    public void* User;
}
