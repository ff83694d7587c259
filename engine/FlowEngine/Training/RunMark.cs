namespace FlowEngine.Training;

/// <summary>What a run notes beside the state of its trainer.</summary>
/// <param name="IsMoment">True if an evaluation and a picture belong to this position and are still to be made.</param>
/// <param name="StartBitsPerDim">Bits per dimension of a few samples before the first update.</param>
/// <param name="HeldOut">The fingerprint of the held-out data; null for none.</param>
internal sealed record RunMark(bool IsMoment, double? StartBitsPerDim, string? HeldOut);
