namespace FlowEngine.Kernels;

/// <summary>What batch normalization maps by.</summary>
/// <param name="Bias">b, (C).</param>
/// <param name="LogScale">ls, (C).</param>
/// <param name="Mean">μ, (C).</param>
/// <param name="Deviation">σ, (C).</param>
/// <param name="Floor">ε, added to σ²; 0 where σ is a constant above 0.</param>
public readonly record struct BatchNormParameters(
    BufferView Bias, BufferView LogScale, BufferView Mean, BufferView Deviation, double Floor);
