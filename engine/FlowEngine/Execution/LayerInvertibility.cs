namespace FlowEngine.Execution;

/// <summary>How invertible one layer is in practice, on one batch.</summary>
/// <param name="Name">The layer.</param>
/// <param name="RoundTripError">max |Inverse(Forward(x)) - x| over the batch.</param>
/// <param name="ConditionNumber">‖W‖₁ ‖W⁻¹‖₁ of an affine map per pixel; null for other layers.</param>
/// <param name="SmallestScale">The smallest coupling scale over the batch; null for other layers.</param>
public sealed record LayerInvertibility(
    string Name, double RoundTripError, double? ConditionNumber, double? SmallestScale);
