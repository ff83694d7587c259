using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <summary>Adds the chunks' partial sums: one part per row of dM, and one for dv.</summary>
internal unsafe struct AffinePartialsJob : IJob
{
    public float* Partials;
    public int Chunks;
    public int Channels;
    public float* DMatrix;
    public float* DOffset;

    public readonly void Invoke(int index, int worker)
    {
        float* to = index < Channels ? DMatrix + ((long)index * Channels) : DOffset;
        float* from = Partials + ((long)index * AffineLayout.Padded(Channels));
        for (int c = 0; c < Channels; c += SimdMath.Width)
        {
            LaneSum sum = default;
            for (int k = 0; k < Chunks; k++)
            {
                sum.Add(Vector512.Load(from + (k * AffineLayout.PartialLength(Channels)) + c));
            }

            Lanes.Store(sum.ToSingle(), to + c, Channels - c);
        }
    }
}
