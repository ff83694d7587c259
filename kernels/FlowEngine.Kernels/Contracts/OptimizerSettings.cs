namespace FlowEngine.Kernels;

/// <summary>One update's settings.</summary>
/// <param name="Kind">The rule.</param>
/// <param name="Rate">The learning rate of this update.</param>
/// <param name="Beta1">Decay of the first moment.</param>
/// <param name="Beta2">Decay of the second moment, or of the maximum.</param>
/// <param name="Epsilon">Added to the denominator.</param>
/// <param name="WeightDecay">Weight decay; 0 for none.</param>
/// <param name="Clip">The largest norm of the whole gradient; 0 for no limit.</param>
/// <param name="EmaDecay">Decay of the moving average of the parameters; 0 for none.</param>
/// <param name="Step">The number of this update, from 1.</param>
public readonly record struct OptimizerSettings(
    OptimizerKind Kind,
    double Rate,
    double Beta1,
    double Beta2,
    double Epsilon,
    double WeightDecay,
    double Clip,
    double EmaDecay,
    long Step);
