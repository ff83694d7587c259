namespace FlowEngine.Training;

/// <summary>Means over the updates since the last line of metrics.</summary>
internal sealed class MetricsWindow
{
    private double _bits;
    private double _norm;
    private double _seconds;
    private int _finite;
    private long _samples;

    /// <summary>True if no update came since the last line.</summary>
    public bool IsEmpty => _samples == 0;

    /// <summary>Samples per second of training time.</summary>
    public double SamplesPerSecond => _samples / Math.Max(_seconds, 1e-9);

    /// <summary>Mean bits per dimension.</summary>
    public double BitsPerDim => _finite > 0 ? _bits / _finite : double.NaN;

    public void Add(in StepResult step, int batch, double seconds)
    {
        _samples += batch;
        _seconds += seconds;
        if (!step.WasSkipped)
        {
            _finite++;
            _bits += step.BitsPerDim;
            _norm += step.GradientNorm;
        }
    }

    /// <summary>The line, and a new start.</summary>
    public TrainMetrics Take(in StepResult last, long update, long skipped, double totalSeconds)
    {
        TrainMetrics metrics = new(
            update,
            last.Samples,
            last.Epoch,
            BitsPerDim,
            _finite > 0 ? _norm / _finite : double.NaN,
            last.Rate,
            SamplesPerSecond,
            totalSeconds,
            skipped);
        (_bits, _norm, _seconds, _finite, _samples) = (0, 0, 0, 0, 0);
        return metrics;
    }
}
