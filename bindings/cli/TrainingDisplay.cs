using FlowEngine.Data;
using FlowEngine.Training;

namespace FlowEngine.Cli;

/// <summary>Shows how a training run goes.</summary>
internal abstract class TrainingDisplay(TextWriter output, TextWriter error) : ITrainingObserver
{
    protected TextWriter Output { get; } = output;

    /// <summary>The display for an output: lines of JSON, a progress bar on a terminal, or plain lines.</summary>
    public static TrainingDisplay For(
        SteadyWriter output, bool isTerminal, TextWriter error, bool isJson, SampleUnit unit) =>
        isJson ? new JsonDisplay(output, error)
        : isTerminal ? new BarDisplay(output, error, unit)
        : new PlainDisplay(output, error, unit);

    /// <summary>Runs a training while it is shown.</summary>
    public virtual RunOutcome Show(Func<RunOutcome> run) => run();

    /// <inheritdoc/>
    public virtual void Stepped(in TrainingProgress progress)
    {
    }

    /// <inheritdoc/>
    public abstract void Recorded(RunMetrics metrics);

    /// <inheritdoc/>
    public virtual void Noted(string message)
    {
    }

    /// <inheritdoc/>
    public virtual void Warned(string message) => error.WriteLine($"flow: warning: {message}");
}
