namespace FlowEngine.Training;

/// <summary>What one update did.</summary>
/// <param name="Samples">Samples seen so far.</param>
/// <param name="Epoch">Passes over the data begun, from 0.</param>
/// <param name="BitsPerDim">Mean over the batch, before the update.</param>
/// <param name="GradientNorm">Norm of the gradient of the mean bits per dimension, before clipping.</param>
/// <param name="Rate">The learning rate.</param>
/// <param name="WasSkipped">True if the loss or the gradient was not finite, so that nothing was changed.</param>
public readonly record struct StepResult(
    long Samples, int Epoch, double BitsPerDim, double GradientNorm, double Rate, bool WasSkipped);
