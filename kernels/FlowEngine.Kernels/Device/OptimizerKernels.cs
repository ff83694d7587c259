namespace FlowEngine.Kernels.Device;

/// <summary>One update of every parameter. A thread has one.</summary>
internal static partial class OptimizerKernels
{
    /// <summary>Adam.</summary>
    public const int Adam = 0;

    /// <summary>Adam with the decay apart.</summary>
    public const int AdamW = 1;

    /// <summary>Adam with a maximum for the second moment.</summary>
    public const int Adamax = 2;

    private const int BlockSize = 256;

    /// <summary>The numbers of an update, computed once in float64.</summary>
    /// <param name="Rule">One of the constants.</param>
    /// <param name="Rate">The learning rate.</param>
    /// <param name="Beta1">β₁.</param>
    /// <param name="Beta2">β₂.</param>
    /// <param name="Epsilon">ε.</param>
    /// <param name="Decay">Weight decay.</param>
    /// <param name="Clip">The largest norm, 0 for none.</param>
    /// <param name="InverseCorrection1">1 / (1 - β₁ᵗ).</param>
    /// <param name="InverseCorrection2">1 / (1 - β₂ᵗ).</param>
    /// <param name="AverageDecay">The decay of the moving average in this update.</param>
    /// <param name="HasAverage">1 if there is one.</param>
    public readonly record struct Settings(
        int Rule,
        float Rate,
        float Beta1,
        float Beta2,
        float Epsilon,
        float Decay,
        float Clip,
        float InverseCorrection1,
        float InverseCorrection2,
        float AverageDecay,
        int HasAverage);

    // Nothing is changed if the sum of squares is not finite.
    [Kernel(BlockSize)]
    private static void Step(
        ReadOnlyGlobalView<float> sumOfSquares,
        GlobalView<float> parameters,
        ReadOnlyGlobalView<float> gradients,
        GlobalView<float> moment1,
        GlobalView<float> moment2,
        GlobalView<float> average,
        Settings settings,
        long length)
    {
        long i = Grid.GlobalIndexX;
        float squares = sumOfSquares[0];
        if (i < length && (XMath.AsUInt32(squares) & 0x7f800000u) != 0x7f800000u)
        {
            float norm = XMath.Sqrt(squares);
            float clip = settings.Clip > 0.0f && norm > settings.Clip ? settings.Clip / norm : 1.0f;
            float parameter = parameters[i];
            float gradient = gradients[i] * clip;
            if (settings.Rule == AdamW)
            {
                parameter -= settings.Rate * settings.Decay * parameter;
            }
            else
            {
                gradient = XMath.Fma(settings.Decay, parameter, gradient);
            }

            float first = (settings.Beta1 * moment1[i]) + ((1.0f - settings.Beta1) * gradient);
            float second;
            if (settings.Rule == Adamax)
            {
                second = XMath.Max(settings.Beta2 * moment2[i], XMath.Abs(gradient) + settings.Epsilon);
                parameter -= settings.Rate * settings.InverseCorrection1 * first / second;
            }
            else
            {
                second = (settings.Beta2 * moment2[i]) + ((1.0f - settings.Beta2) * gradient * gradient);
                float denominator = XMath.Sqrt(second * settings.InverseCorrection2) + settings.Epsilon;
                parameter -= settings.Rate * (first * settings.InverseCorrection1) / denominator;
            }

            moment1[i] = first;
            moment2[i] = second;
            parameters[i] = parameter;
            if (settings.HasAverage != 0)
            {
                average[i] = (settings.AverageDecay * average[i]) + ((1.0f - settings.AverageDecay) * parameter);
            }
        }
    }
}
