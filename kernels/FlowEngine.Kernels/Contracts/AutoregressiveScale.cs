namespace FlowEngine.Kernels;

/// <summary>The bound of the log scales of <see cref="IBackend.AutoregressiveNormalize"/>.</summary>
internal static class AutoregressiveScale
{
    /// <summary>c: one layer widens or narrows a dimension by less than e^3 = 20.</summary>
    public const float Bound = 3;

    /// <summary>1/c.</summary>
    public const float InverseBound = 1 / Bound;
}
