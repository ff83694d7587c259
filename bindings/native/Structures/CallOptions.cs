using System.Runtime.InteropServices;

namespace FlowEngine.Native;

/// <summary><c>flow_call</c> of flowengine.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CallOptions
{
    /// <summary>Its size before it grew.</summary>
    public const int FirstSize = 40;

    public uint StructSize;
    public int Memory;
    public int Device;
    public int Batch;
    public void* Stream;
    public delegate* unmanaged[Cdecl]<long, long, void*, int> Progress;
    public void* User;
    public int Standard;
    public int TemperatureCount;
    public double* Temperatures;
    public float* Condition;
    public nuint ConditionLength;
}
