namespace FlowEngine.Kernels.Device;

/// <summary>A <see cref="MonotonicAffine"/> in float32, for kernels and vector units.</summary>
/// <param name="Scale">What a scale is of its raw number: <see cref="Exponential"/> and so on.</param>
/// <param name="IsCentered">1 where y = e^a (x - m), 0 where y = e^a x + m.</param>
/// <param name="Sign">The sign of a bent raw number in an exponential.</param>
/// <param name="Bend">What bends the raw number of an exponential.</param>
/// <param name="Least">What is added to a sigmoid or softplus.</param>
internal readonly record struct AffineNumbers(int Scale, int IsCentered, float Sign, float Bend, float Least)
{
    /// <summary>a = ± r / (1 + bend |r|).</summary>
    public const int Exponential = 0;

    /// <summary>e^a = σ(r + 2) + least.</summary>
    public const int Sigmoid = 1;

    /// <summary>e^a = ln(1 + e^r) + least.</summary>
    public const int Softplus = 2;
}
