namespace FlowEngine.Kernels.Device;

/// <summary>Which inputs the units of a dense network read, as <see cref="DenseNetworkShape"/> says it.</summary>
internal static class DenseMasks
{
    /// <summary>How many inputs of its layer a unit reads.</summary>
    /// <param name="mask">The network.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="unit">The unit.</param>
    public static int ReadsOf(DenseMask mask, int layer, int unit)
    {
        int reads = layer == 0 ? mask.Inputs : mask.Hidden;
        if (mask.IsAutoregressive != 0)
        {
            int lowest = LowestDegree(mask);
            int degree = layer == mask.HiddenLayers
                ? unit / mask.OutputsPerDim
                : lowest + (int)((long)unit * (mask.Inputs - mask.Conditions - lowest) / mask.Hidden);
            reads = layer == 0 ? mask.Conditions + degree : UnitsUpTo(mask, degree);
        }

        return reads;
    }

    /// <summary>The hidden units of an autoregressive network whose degree is at most this.</summary>
    /// <param name="mask">The network.</param>
    /// <param name="degree">The degree.</param>
    public static int UnitsUpTo(DenseMask mask, int degree)
    {
        int lowest = LowestDegree(mask);
        int degrees = XMath.Max(1, mask.Inputs - mask.Conditions - lowest);
        long above = XMath.Max(0, degree + 1 - lowest);
        return (int)XMath.Min((long)mask.Hidden, ((above * mask.Hidden) + degrees - 1) / degrees);
    }

    /// <summary>The first unit of a layer of an autoregressive network that reads an input.</summary>
    /// <param name="mask">The network.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="degree">The input's degree.</param>
    public static int FirstReaderOf(DenseMask mask, int layer, int degree) =>
        layer == mask.HiddenLayers ? mask.OutputsPerDim * degree : UnitsUpTo(mask, degree - 1);

    private static int LowestDegree(DenseMask mask) => mask.Conditions > 0 ? 0 : 1;
}
