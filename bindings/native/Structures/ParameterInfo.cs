using System.Runtime.InteropServices;

namespace FlowEngine.Native;

/// <summary><c>flow_parameter</c> of flowengine.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ParameterInfo
{
    public uint StructSize;
    public int IsConstant;
    public int Rank;
    public int Reserved;
    public fixed long Shape[4];
    public fixed long Stride[4];
    public long Offset;
    public long Length;
    public fixed byte Name[128];
}
