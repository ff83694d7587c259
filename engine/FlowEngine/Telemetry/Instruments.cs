using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace FlowEngine.Telemetry;

/// <summary>The instruments of <see cref="FlowTelemetry"/>.</summary>
internal static class Instruments
{
    private const string ModelTag = "flowengine.model";
    private const string OperationTag = "flowengine.operation";

    private static readonly string? _version = typeof(Instruments).Assembly.GetName().Version?.ToString(3);
    private static readonly ActivitySource _source = new(FlowTelemetry.Name, _version);
    private static readonly Meter _meter = new(FlowTelemetry.Name, _version);

    private static readonly Counter<long> _samples = _meter.CreateCounter<long>(
        "flowengine.inference.samples", "{sample}", "Images or rows computed.");

    private static readonly Histogram<double> _duration = _meter.CreateHistogram<double>(
        "flowengine.inference.duration", "s", "Time of a batch.");

    private static readonly Counter<long> _updates = _meter.CreateCounter<long>(
        "flowengine.training.updates", "{update}", "Updates, skipped ones among them.");

    private static readonly Counter<long> _skipped = _meter.CreateCounter<long>(
        "flowengine.training.skipped", "{update}", "Updates left out since loss or gradient was not finite.");

    private static readonly Counter<long> _trained = _meter.CreateCounter<long>(
        "flowengine.training.samples", "{sample}", "Images or rows trained on.");

    private static readonly Gauge<double> _loss = _meter.CreateGauge<double>(
        "flowengine.training.loss", "bit", "Bits per dimension of the last batch, before the update.");

    private static readonly Gauge<double> _gradientNorm = _meter.CreateGauge<double>(
        "flowengine.training.gradient_norm", "1", "Norm of the gradient of the last batch, before clipping.");

    /// <summary>Whether anybody listens to inference.</summary>
    public static bool InferenceIsOn => _samples.Enabled || _duration.Enabled;

    /// <summary>Begins the activity of a call.</summary>
    public static Activity? Call(string operation, string model, long samples)
    {
        if (!_source.HasListeners())
        {
            return null;
        }

        Activity? activity = _source.StartActivity($"flowengine.{operation}");
        activity?.SetTag(ModelTag, model);
        activity?.SetTag("flowengine.samples", samples);
        return activity;
    }

    /// <summary>Counts a batch.</summary>
    public static void Batch(string operation, string model, int samples, long start)
    {
        KeyValuePair<string, object?> modelTag = new(ModelTag, model);
        KeyValuePair<string, object?> operationTag = new(OperationTag, operation);
        _samples.Add(samples, modelTag, operationTag);
        _duration.Record(Stopwatch.GetElapsedTime(start).TotalSeconds, modelTag, operationTag);
    }

    /// <summary>Counts an update.</summary>
    public static void Update(string model, int samples, double bitsPerDim, double gradientNorm, bool wasSkipped)
    {
        KeyValuePair<string, object?> tag = new(ModelTag, model);
        _updates.Add(1, tag);
        _skipped.Add(wasSkipped ? 1 : 0, tag);
        _trained.Add(samples, tag);
        _loss.Record(bitsPerDim, tag);
        _gradientNorm.Record(gradientNorm, tag);
    }
}
