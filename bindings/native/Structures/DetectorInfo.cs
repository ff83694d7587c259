using System.Runtime.InteropServices;

namespace FlowEngine.Native;

/// <summary><c>flow_detector_info</c> of flowengine.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DetectorInfo
{
    public uint StructSize;
    public int Columns;
    public long HeldOutRows;
    public double Threshold;
    public double Contamination;
    public double FalseAlarms;
    public ulong Seed;
}
