namespace FlowEngine.Kernels.Device;

/// <summary>The <see cref="Activation"/>s for kernels to call; the formulae stand there.</summary>
internal static class Activations
{
    /// <summary>No activation: z.</summary>
    public const int None = -1;

    private const int Relu = (int)Activation.Relu;
    private const int Tanh = (int)Activation.Tanh;
    private const int Elu = (int)Activation.Elu;
    private const int Silu = (int)Activation.Silu;
    private const int Gelu = (int)Activation.Gelu;
    private const int GeluTanh = (int)Activation.GeluTanh;
    private const int LeakyRelu = (int)Activation.LeakyRelu;
    private const float Cubic = 0.044715f;

    /// <summary>act(z).</summary>
    /// <param name="activation">An <see cref="Activation"/>, or <see cref="None"/>.</param>
    /// <param name="leak">The slope of <see cref="Activation.LeakyRelu"/> below 0.</param>
    /// <param name="z">A number.</param>
    public static float Value(int activation, float leak, float z)
    {
        float value = z;
        if (activation == Relu)
        {
            // NaN stays NaN.
            value = z < 0.0f ? 0.0f : z;
        }
        else if (activation == LeakyRelu)
        {
            value = z < 0.0f ? leak * z : z;
        }
        else if (activation == Tanh)
        {
            float e = ExpM1(-2.0f * XMath.Abs(z));
            value = -e / (e + 2.0f);
            value = z < 0.0f ? -value : value;
        }
        else if (activation == Elu)
        {
            value = z > 0.0f ? z : ExpM1(z);
        }
        else if (activation == Silu)
        {
            value = z * XMath.Sigmoid(z);
        }
        else if (activation == Gelu)
        {
            value = z * Distribution(z);
        }
        else if (activation == GeluTanh)
        {
            value = z * XMath.Sigmoid(Argument(z, Cubic));
        }

        return value;
    }

    /// <summary>d act/dz; at a corner that of the left side.</summary>
    /// <param name="activation">An <see cref="Activation"/>, or <see cref="None"/>.</param>
    /// <param name="leak">The slope of <see cref="Activation.LeakyRelu"/> below 0.</param>
    /// <param name="z">A number.</param>
    public static float Slope(int activation, float leak, float z)
    {
        float slope = 1.0f;
        if (activation == Relu)
        {
            slope = z > 0.0f ? 1.0f : 0.0f;
        }
        else if (activation == LeakyRelu)
        {
            slope = z > 0.0f ? 1.0f : leak;
        }
        else if (activation == Tanh)
        {
            // 1 - tanh² = 4 e / (1 + e)², e = e^-2|z|.
            float e = XMath.Exp(-2.0f * XMath.Abs(z));
            slope = 4.0f * e / ((1.0f + e) * (1.0f + e));
        }
        else if (activation == Elu)
        {
            slope = z > 0.0f ? 1.0f : XMath.Exp(z);
        }
        else if (activation == Silu)
        {
            slope = XMath.Sigmoid(z) * XMath.Fma(z, XMath.Sigmoid(-z), 1.0f);
        }
        else if (activation == Gelu)
        {
            slope = XMath.Fma(z, 0.39894228f * XMath.Exp(-0.5f * z * z), Distribution(z));
        }
        else if (activation == GeluTanh)
        {
            float u = Argument(z, Cubic);
            slope = XMath.Sigmoid(u) * XMath.Fma(Argument(z, 3.0f * Cubic), XMath.Sigmoid(-u), 1.0f);
        }

        return slope;
    }

    // e^x - 1 for x up to 0, by its series near 0.
    private static float ExpM1(float x)
    {
        float q = 1.0f / 5040.0f;
        q = XMath.Fma(q, x, 1.0f / 720.0f);
        q = XMath.Fma(q, x, 1.0f / 120.0f);
        q = XMath.Fma(q, x, 1.0f / 24.0f);
        q = XMath.Fma(q, x, 1.0f / 6.0f);
        q = XMath.Fma(q, x, 0.5f);
        return x > -0.25f ? XMath.Fma(x * x, q, x) : XMath.Exp(x) - 1.0f;
    }

    // Φ(-|z|) = t e^(-z²/2 + p(t)) / 2, t = 1 / (1 + |z|/√8): the fit of erfc in Press et al., "Numerical Recipes",
    // section 6.2, with a relative error below 1.2·10⁻⁷ everywhere.
    private static float Distribution(float z)
    {
        float t = 1.0f / XMath.Fma(XMath.Abs(z), 0.35355339f, 1.0f);
        float p = 0.17087277f;
        p = XMath.Fma(p, t, -0.82215223f);
        p = XMath.Fma(p, t, 1.48851587f);
        p = XMath.Fma(p, t, -1.13520398f);
        p = XMath.Fma(p, t, 0.27886807f);
        p = XMath.Fma(p, t, -0.18628806f);
        p = XMath.Fma(p, t, 0.09678418f);
        p = XMath.Fma(p, t, 0.37409196f);
        p = XMath.Fma(p, t, 1.00002368f);
        p = XMath.Fma(p, t, -1.26551223f);
        float tail = 0.5f * t * XMath.Exp(XMath.Fma(-0.5f * z, z, p));
        return z < 0.0f ? tail : 1.0f - tail;
    }

    // √(8/π) (z + factor z³).
    private static float Argument(float z, float factor) => 1.59576912f * z * XMath.Fma(z * z, factor, 1.0f);
}
