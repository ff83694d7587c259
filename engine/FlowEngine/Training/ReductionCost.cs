namespace FlowEngine.Training;

/// <summary>What it cost to sum gradients over ranks, since the trainer was made.</summary>
/// <param name="Updates">Updates whose gradients were summed.</param>
/// <param name="SentBytes">Bytes that this rank sent for them; 0 where its communicator does not count.</param>
/// <param name="Seconds">Time that the backward pass or the update had to wait, for the slowest rank included.</param>
/// <param name="HiddenShare">The share of the gradients that was summed when the backward pass ended; null where only the device
/// knows.</param>
internal readonly record struct ReductionCost(long Updates, long SentBytes, double Seconds, double? HiddenShare);
