using System.Runtime.InteropServices;

namespace FlowEngine.Native;

/// <summary><c>flow_metrics</c> of flowengine.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Metrics
{
    public uint StructSize;
    public int WasSkipped;
    public long Updates;
    public long Skipped;
    public long Images;
    public long Epoch;
    public long UpdatesPerEpoch;
    public double BitsPerDim;
    public double GradientNorm;
    public double LearningRate;
    public fixed byte SkippedBecause[128];
}
