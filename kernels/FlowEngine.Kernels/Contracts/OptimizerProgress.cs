namespace FlowEngine.Kernels;

/// <summary>
/// What the device knows of the updates so far: how many were applied, and the figures of the last ones, so that the
/// host need not read them in every step.
/// </summary>
/// <param name="Capacity">The updates whose figures are kept; the oldest is overwritten.</param>
/// <param name="Storage">All of it, <see cref="LengthFor"/> elements, zero before the first update.</param>
public readonly record struct OptimizerProgress(int Capacity, BufferView Storage)
{
    internal const int AppliedPlace = 0;
    internal const int NextPlace = 1;
    internal const int SumPlace = 2;
    internal const int FactorsPlace = 4;
    internal const int FactorsLength = 8;
    internal const int FiguresPlace = 16;

    /// <summary>
    /// t, (1): the updates applied. It stays at 2²⁴ in float32, where every correction has long been 1.
    /// </summary>
    public BufferView Applied => Storage.Slice(AppliedPlace, 1);

    /// <summary>Where the next update's figures go, (1), 0 to <see cref="Capacity"/> - 1.</summary>
    public BufferView Next => Storage.Slice(NextPlace, 1);

    /// <summary>The sum of squares of the gradient, (1), written before the update.</summary>
    public BufferView SumOfSquares => Storage.Slice(SumPlace, 1);

    /// <summary>(Capacity, 2): the mean log density of an update's batch, nats, and the sum of squares of its gradient.</summary>
    public BufferView Figures => Storage.Slice(FiguresPlace, 2L * Capacity);

    /// <summary>The elements that the figures of so many updates take.</summary>
    /// <param name="capacity">The updates.</param>
    public static long LengthFor(int capacity) => FiguresPlace + (2L * capacity);
}
