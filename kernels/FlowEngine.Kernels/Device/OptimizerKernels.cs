namespace FlowEngine.Kernels.Device;

/// <summary>One update of every parameter: a group decides, then a thread has one parameter.</summary>
internal static partial class OptimizerKernels
{
    /// <summary>Adam.</summary>
    public const int Adam = 0;

    /// <summary>Adam with the decay apart.</summary>
    public const int AdamW = 1;

    /// <summary>Adam with a maximum for the second moment.</summary>
    public const int Adamax = 2;

    private const int BlockSize = 256;

    // The factors of an update, as Begin writes them.
    private const int Proceeds = 0;
    private const int GradientFactor = 1;
    private const int RateFactor = 2;
    private const int InverseCorrection1 = 3;
    private const int InverseCorrection2 = 4;
    private const int AverageDecay = 5;

    /// <summary>The numbers that decide an update's factors.</summary>
    /// <param name="Beta1">β₁.</param>
    /// <param name="Beta2">β₂.</param>
    /// <param name="EmaDecay">The decay of the moving average in the long run.</param>
    /// <param name="Clip">The largest norm, 0 for none.</param>
    public readonly record struct Limits(double Beta1, double Beta2, double EmaDecay, double Clip);

    /// <summary>The numbers of every update.</summary>
    /// <param name="Rule">One of the constants.</param>
    /// <param name="Beta1">β₁.</param>
    /// <param name="Beta2">β₂.</param>
    /// <param name="Epsilon">ε.</param>
    /// <param name="Decay">Weight decay.</param>
    /// <param name="HasAverage">1 if there is a moving average.</param>
    public readonly record struct Settings(
        int Rule, float Beta1, float Beta2, float Epsilon, float Decay, int HasAverage);

    // The figures of the update, whether it is one, and its factors in float64. One group.
    [Kernel(BlockSize)]
    private static void Begin(
        ReadOnlyGlobalView<float> logPrior,
        ReadOnlyGlobalView<float> logDet,
        ReadOnlyGlobalView<float> rate,
        GlobalView<float> progress,
        Limits limits,
        int batch,
        int capacity)
    {
        SharedView<double> sums = SharedMemory.Allocate<double>(BlockSize);
        double sum = 0.0;
        for (int b = Group.IdxX; b < batch; b += BlockSize)
        {
            sum += (double)logPrior[b] + (double)logDet[b];
        }

        sums[Group.IdxX] = sum;
        Group.Barrier();
        for (int half = BlockSize / 2; half > 0; half /= 2)
        {
            if (Group.IdxX < half)
            {
                sums[Group.IdxX] += sums[Group.IdxX + half];
            }

            Group.Barrier();
        }

        if (Group.IdxX == 0)
        {
            float mean = (float)(sums[0] / (double)batch);
            float squares = progress[OptimizerProgress.SumPlace];
            int next = (int)progress[OptimizerProgress.NextPlace];
            progress[OptimizerProgress.FiguresPlace + (2 * next)] = mean;
            progress[OptimizerProgress.FiguresPlace + (2 * next) + 1] = squares;
            progress[OptimizerProgress.NextPlace] = (float)((next + 1) % capacity);
            GlobalView<float> factors = progress.Slice(OptimizerProgress.FactorsPlace);
            factors[Proceeds] = 0.0f;
            if (IsFinite(mean) && IsFinite(squares))
            {
                int applied = (int)progress[OptimizerProgress.AppliedPlace] + 1;
                double norm = (double)XMath.Sqrt(squares);
                double ramp = (1.0 + (double)applied) / (10.0 + (double)applied);
                progress[OptimizerProgress.AppliedPlace] = (float)applied;
                factors[Proceeds] = 1.0f;
                factors[GradientFactor] =
                    limits.Clip > 0.0 && norm > limits.Clip ? (float)(limits.Clip / norm) : 1.0f;
                factors[RateFactor] = rate[0];
                factors[InverseCorrection1] = (float)(1.0 / (1.0 - Power(limits.Beta1, applied)));
                factors[InverseCorrection2] = (float)(1.0 / (1.0 - Power(limits.Beta2, applied)));
                factors[AverageDecay] = (float)(limits.EmaDecay < ramp ? limits.EmaDecay : ramp);
            }
        }
    }

    // Nothing is changed if the update is none.
    [Kernel(BlockSize)]
    private static void Step(
        ReadOnlyGlobalView<float> factors,
        GlobalView<float> parameters,
        ReadOnlyGlobalView<float> gradients,
        GlobalView<float> moment1,
        GlobalView<float> moment2,
        GlobalView<float> average,
        Settings settings,
        long length)
    {
        long i = Grid.GlobalIndexX;
        if (i < length && factors[Proceeds] != 0.0f)
        {
            float rate = factors[RateFactor];
            float parameter = parameters[i];
            float gradient = gradients[i] * factors[GradientFactor];
            if (settings.Rule == AdamW)
            {
                parameter -= rate * settings.Decay * parameter;
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
                parameter -= rate * factors[InverseCorrection1] * first / second;
            }
            else
            {
                second = (settings.Beta2 * moment2[i]) + ((1.0f - settings.Beta2) * gradient * gradient);
                float denominator = XMath.Sqrt(second * factors[InverseCorrection2]) + settings.Epsilon;
                parameter -= rate * (first * factors[InverseCorrection1]) / denominator;
            }

            moment1[i] = first;
            moment2[i] = second;
            parameters[i] = parameter;
            if (settings.HasAverage != 0)
            {
                float decay = factors[AverageDecay];
                average[i] = (decay * average[i]) + ((1.0f - decay) * parameter);
            }
        }
    }

    private static bool IsFinite(float value) => (XMath.AsUInt32(value) & 0x7f800000u) != 0x7f800000u;

    // By squares, exponent 0 or more.
    private static double Power(double value, int exponent)
    {
        double power = 1.0;
        double square = value;
        for (int left = exponent; left > 0; left >>= 1)
        {
            if ((left & 1) != 0)
            {
                power *= square;
            }

            square *= square;
        }

        return power;
    }
}
