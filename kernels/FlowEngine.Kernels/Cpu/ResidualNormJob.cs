using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <summary>The norms, scales and biases of 16 channels of a layer a part.</summary>
internal readonly unsafe struct ResidualNormJob(
    ResidualNetworkLayout layout, int layer, float* parameters, float* prepared) : IJob
{
    private const double Floor = 1e-12;

    public int Parts => (layout.Shape.OutputsOf(layer) + SimdMath.Width - 1) / SimdMath.Width;

    public void Invoke(int index, int worker)
    {
        ResidualNetworkShape network = layout.Shape;
        ResidualNetworkLayout.PreparedLayer at = layout.At(layer);
        int first = index * SimdMath.Width;
        int count = network.OutputsOf(layer) - first;
        Lanes.Load(parameters + network.BiasOffset(layer) + first, count).Store(prepared + at.Bias + first);
        float* scales = prepared + at.Scale + first;
        float* norms = prepared + at.Norm + first;
        if (network.IsLast(layer))
        {
            Vector512<float>.One.Store(scales);
            Vector512<float>.One.Store(norms);
            return;
        }

        SimdMath.Exp(Lanes.Load(parameters + network.LogScaleOffset(layer) + first, count)).Store(scales);
        int depth = network.DepthOf(layer);
        float* row = parameters + network.WeightOffset(layer) + ((nint)first * depth);
        for (int o = 0; o < Math.Min(count, SimdMath.Width); o++, row += depth)
        {
            double sum = Floor;
            for (int k = 0; k < depth; k++)
            {
                sum += (double)row[k] * row[k];
            }

            norms[o] = (float)sum;
            scales[o] = (float)(scales[o] / Math.Sqrt(sum));
        }
    }
}
