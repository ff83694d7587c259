using FlowEngine.Training;

namespace FlowEngine.Fuzz;

/// <summary>The lines of a run's metrics.jsonl, which are passed over where they do not read.</summary>
internal sealed class MetricsTarget(string name) : TextTarget(
    name,
    [
        new TrainMetrics(10, 640, 1, 4.5, 1.25, 1e-3, 1234.5, 6.5, 0) { Nats = -2.5 }.ToJson(),
        new EvalMetrics(640, double.NaN, 0.01, 100, 6.5) { Nats = -2.5, NatsStandardError = 0.1 }.ToJson(),
    ])
{
    protected override void Read(string text) => RunMetrics.TryParse(text)?.ToJson();
}
