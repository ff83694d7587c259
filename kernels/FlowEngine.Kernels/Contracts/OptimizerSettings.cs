namespace FlowEngine.Kernels;

/// <summary>How parameters follow their gradients: what does not change from one update to the next.</summary>
/// <param name="Kind">The rule.</param>
/// <param name="Beta1">Decay of the first moment.</param>
/// <param name="Beta2">Decay of the second moment, or of the maximum.</param>
/// <param name="Epsilon">Added to the denominator.</param>
/// <param name="WeightDecay">Weight decay; 0 for none.</param>
/// <param name="Clip">The largest norm of the whole gradient; 0 for no limit.</param>
/// <param name="EmaDecay">Decay of the moving average of the parameters; 0 for none.</param>
public readonly record struct OptimizerSettings(
    OptimizerKind Kind,
    double Beta1,
    double Beta2,
    double Epsilon,
    double WeightDecay,
    double Clip,
    double EmaDecay);
