namespace FlowEngine.Kernels.Cpu;

/// <summary>dW += what <see cref="GradientProduct"/> summed, inside the mask; 16 units a part.</summary>
/// <param name="sums">[32 inputs][unit][input].</param>
/// <param name="paddedUnits">Units of <paramref name="sums"/>.</param>
/// <param name="network">The network.</param>
/// <param name="layer">The layer.</param>
/// <param name="gradient">dW, (out, in).</param>
internal readonly unsafe struct DenseWeightGradient(
    float* sums, int paddedUnits, DenseNetworkShape network, int layer, float* gradient) : IJob
{
    private const int UnitsPerPart = 16;

    public int Parts => (network.OutputsOf(layer) + UnitsPerPart - 1) / UnitsPerPart;

    public void Invoke(int index, int worker)
    {
        int first = index * UnitsPerPart;
        int inputs = network.InputsOf(layer);
        for (int unit = first; unit < Math.Min(first + UnitsPerPart, network.OutputsOf(layer)); unit++)
        {
            int reads = network.ReadsOf(layer, unit);
            float* row = gradient + ((nint)unit * inputs);
            for (int input = 0; input < reads; input += PixelMajor.Columns)
            {
                float* from = sums + ((((nint)input / PixelMajor.Columns * paddedUnits) + unit) * PixelMajor.Columns);
                for (int i = 0; i < Math.Min(PixelMajor.Columns, reads - input); i++)
                {
                    row[input + i] += from[i];
                }
            }
        }
    }
}
