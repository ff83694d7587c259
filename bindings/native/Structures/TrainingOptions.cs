using System.Runtime.InteropServices;

namespace FlowEngine.Native;

/// <summary><c>flow_trainer_options</c> of flowengine.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct TrainingOptions
{
    public uint StructSize;
    public int Batch;
    public int Optimizer;
    public int Schedule;
    public int Activations;
    public int Flip;
    public double LearningRate;
    public double Beta1;
    public double Beta2;
    public double Epsilon;
    public double WeightDecay;
    public double Clip;
    public double EmaDecay;
    public long WarmupImages;
    public long TotalImages;
    public ulong Seed;
}
