namespace FlowEngine.Kernels.Reference;

/// <summary>The activations of networks and their slopes.</summary>
internal static class ActivationOfDoubles
{
    private static readonly double _geluFactor = Math.Sqrt(2 / Math.PI);

    /// <summary>act(z).</summary>
    public static double Value(Activation activation, double leak, double z) => activation switch
    {
        // NaN stays NaN.
        Activation.Relu => z < 0 ? 0 : z,
        Activation.Tanh => Math.Tanh(z),
        Activation.Elu => z > 0 ? z : Math.Exp(z) - 1,
        Activation.Silu => z * Sigmoid(z),
        Activation.Gelu => z * Distribution(z),
        Activation.GeluTanh => z * Sigmoid(2 * GeluArgument(z)),
        Activation.LeakyRelu => z < 0 ? leak * z : z,
        _ => throw new ArgumentOutOfRangeException(nameof(activation), activation, "unknown activation"),
    };

    /// <summary>d act/dz; at a corner that of the left side.</summary>
    public static double Slope(Activation activation, double leak, double z)
    {
        switch (activation)
        {
            case Activation.Relu:
                return z > 0 ? 1 : 0;
            case Activation.Tanh:
                return 1 - (Math.Tanh(z) * Math.Tanh(z));
            case Activation.Elu:
                return z > 0 ? 1 : Math.Exp(z);
            case Activation.Silu:
                return Sigmoid(z) * (1 + (z * Sigmoid(-z)));
            case Activation.Gelu:
                return Distribution(z) + (z * Density(z));
            case Activation.GeluTanh:
                double u = 2 * GeluArgument(z);
                return Sigmoid(u) * (1 + (z * Sigmoid(-u) * 2 * _geluFactor * (1 + (3 * 0.044715 * z * z))));
            case Activation.LeakyRelu:
                return z > 0 ? 1 : leak;
            default:
                throw new ArgumentOutOfRangeException(nameof(activation), activation, "unknown activation");
        }
    }

    /// <summary>1 / (1 + e^-z).</summary>
    public static double Sigmoid(double z) => 1 / (1 + Math.Exp(-z));

    private static double GeluArgument(double z) => _geluFactor * (z + (0.044715 * z * z * z));

    private static double Density(double z) => Math.Exp(-0.5 * z * z) / Math.Sqrt(2 * Math.PI);

    // Φ(z) = 1/2 + φ(z) Σ z^(2k+1) / (1·3···(2k+1)); below 10⁻¹⁵ away from 0 and 1 past 8.
    private static double Distribution(double z)
    {
        if (!(Math.Abs(z) < 8))
        {
            return double.IsNaN(z) ? z : z > 0 ? 1 : 0;
        }

        double sum = 0;
        double term = z;
        for (int k = 1; sum + term != sum; k++)
        {
            sum += term;
            term *= z * z / ((2 * k) + 1);
        }

        return 0.5 + (Density(z) * sum);
    }
}
