using System.Runtime.InteropServices;

namespace FlowEngine.Native;

/// <summary><c>flow_detector_options</c> of flowengine.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DetectorOptions
{
    public uint StructSize;
    public int Reserved;
    public double Contamination;
    public double FalseAlarms;
    public ulong Seed;
}
