using FlowEngine.Anomalies;

namespace FlowEngine.Native;

/// <summary>A <c>flow_detector</c>.</summary>
internal sealed class NativeDetector(AnomalyDetector detector) : IDisposable, INamedHandle
{
    /// <inheritdoc/>
    public static string HandleName => "detector";

    /// <summary>The detector.</summary>
    public AnomalyDetector Detector => detector;

    /// <inheritdoc/>
    public void Dispose()
    {
        // It holds nothing but memory.
    }
}
