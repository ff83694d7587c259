using FlowEngine.Kernels;

namespace FlowEngine.Training;

/// <summary>What an optimizer keeps beside the weights, flat.</summary>
/// <param name="Moment1">The first moment.</param>
/// <param name="Moment2">The second moment.</param>
/// <param name="Average">The moving average of the weights; empty if none is kept.</param>
internal readonly record struct TrainingBuffers(BufferView Moment1, BufferView Moment2, BufferView Average);
