using System.Runtime.InteropServices;

namespace FlowEngine.Native;

/// <summary><c>flow_compressed</c> of flowengine.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CompressedInfo
{
    /// <summary>The size of the struct in the first release that has it.</summary>
    public const int FirstSize = 104;

    public uint StructSize;
    public int Height;
    public int Width;
    public int Channels;
    public int Bins;
    public int Block;
    public long Count;
    public fixed byte ModelSha256[72];
}
