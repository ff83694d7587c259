using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace FlowEngine.Telemetry;

/// <summary>
/// What a monitor sees of the engine: a <see cref="System.Diagnostics.Metrics.Meter"/> and an <see cref="ActivitySource"/>.
/// </summary>
/// <remarks>
/// <para>
/// Instruments, with the tag <c>flowengine.model</c>, the kind of the model:
/// <c>flowengine.inference.samples</c> (images or rows) and <c>flowengine.inference.duration</c> (seconds of a batch; on a
/// CUDA device with arrays in its memory those of queueing it), both with the tag <c>flowengine.operation</c>;
/// <c>flowengine.training.updates</c>, <c>flowengine.training.skipped</c> (updates), <c>flowengine.training.samples</c>,
/// <c>flowengine.training.loss</c> (bits per dimension of the last batch) and <c>flowengine.training.gradient_norm</c>.
/// </para>
/// <para>
/// An activity is a call of inference: <c>flowengine.log_prob</c> and so on, with the model and the number of samples.
/// Without a listener nothing is measured. The feature switch FlowEngine.Telemetry.IsSupported leaves all of it out of a
/// trimmed program.
/// </para>
/// </remarks>
public static class FlowTelemetry
{
    /// <summary>The name of the meter and of the activity source.</summary>
    public const string Name = "FlowEngine";

    private const string Switch = "FlowEngine.Telemetry.IsSupported";

    [FeatureSwitchDefinition(Switch)]
    internal static bool IsSupported { get; } = !AppContext.TryGetSwitch(Switch, out bool isOn) || isOn;

    /// <summary>Begins a call; null where nobody listens.</summary>
    /// <param name="operation">What it computes.</param>
    /// <param name="model">The kind of the model.</param>
    /// <param name="samples">Images or rows.</param>
    internal static IDisposable? Call(string operation, string model, long samples) =>
        IsSupported ? Instruments.Call(operation, model, samples) : null;

    /// <summary>When a batch begins, for <see cref="Batch"/>; 0 where nobody listens.</summary>
    internal static long Now() => IsSupported && Instruments.InferenceIsOn ? Stopwatch.GetTimestamp() : 0;

    /// <summary>A batch of a call is computed, or queued.</summary>
    /// <param name="operation">What was computed.</param>
    /// <param name="model">The kind of the model.</param>
    /// <param name="samples">Images or rows of the batch.</param>
    /// <param name="start">When it began.</param>
    internal static void Batch(string operation, string model, int samples, long start)
    {
        if (IsSupported && start != 0)
        {
            Instruments.Batch(operation, model, samples, start);
        }
    }

    /// <summary>An update's results are read.</summary>
    /// <param name="model">The kind of the model.</param>
    /// <param name="samples">Images or rows of the batch.</param>
    /// <param name="bitsPerDim">The loss.</param>
    /// <param name="gradientNorm">The norm of its gradient, before clipping.</param>
    /// <param name="wasSkipped">Whether the update was left out.</param>
    internal static void Update(string model, int samples, double bitsPerDim, double gradientNorm, bool wasSkipped)
    {
        if (IsSupported)
        {
            Instruments.Update(model, samples, bitsPerDim, gradientNorm, wasSkipped);
        }
    }
}
