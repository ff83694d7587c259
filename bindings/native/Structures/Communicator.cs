using System.Runtime.InteropServices;

namespace FlowEngine.Native;

/// <summary><c>flow_communicator</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Communicator
{
    public uint StructSize;
    public int Rank;
    public int Size;
    public int Reserved;
    public delegate* unmanaged[Cdecl]<int, byte*, nuint, byte*, nuint, void*, int> SendReceive;
    public delegate* unmanaged[Cdecl]<float*, nuint, void*, int> AllReduce;
    public void* User;
}
