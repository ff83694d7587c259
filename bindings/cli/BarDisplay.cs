using FlowEngine.Training;

using Spectre.Console;

namespace FlowEngine.Cli;

/// <summary>A progress bar with bits per dimension, rate and time left, for terminals.</summary>
internal sealed class BarDisplay(TextWriter output, TextWriter error) : TrainingDisplay(output, error)
{
    private ProgressTask? _bar;
    private string _heldOut = string.Empty;

    /// <inheritdoc/>
    public override RunOutcome Show(Func<RunOutcome> run) => AnsiConsole.Progress()
        .AutoClear(false)
        .Columns(
            new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn(), new TaskDescriptionColumn())
        .Start(context =>
        {
            _bar = context.AddTask("training", maxValue: 1);
            return run();
        });

    /// <inheritdoc/>
    public override void Stepped(in TrainingProgress progress)
    {
        if (_bar is not null)
        {
            _bar.Value = progress.Fraction;
            _bar.Description = progress.Nats is double nats
                ? FormattableString.Invariant($"{nats:0.0000} nats, {progress.SamplesPerSecond:0} rows/s{_heldOut}")
                : FormattableString.Invariant(
                    $"{progress.BitsPerDim:0.0000} bits/dim, {progress.SamplesPerSecond:0} images/s{_heldOut}");
        }
    }

    /// <inheritdoc/>
    public override void Recorded(RunMetrics metrics)
    {
        if (metrics is EvalMetrics eval)
        {
            _heldOut = FormattableString.Invariant($", held out {eval.Nats ?? eval.BitsPerDim:0.0000}");
        }
    }

    /// <inheritdoc/>
    public override void Warned(string message) => AnsiConsole.WriteLine($"warning: {message}");
}
