using FlowEngine.Training;

namespace FlowEngine.Cli;

/// <summary>The lines of <c>metrics.jsonl</c>, as they are written.</summary>
internal sealed class JsonDisplay(TextWriter output, TextWriter error) : TrainingDisplay(output, error)
{
    /// <inheritdoc/>
    public override void Recorded(RunMetrics metrics)
    {
        Output.WriteLine(metrics.ToJson());
        Output.Flush();
    }
}
