using FlowEngine.Data;
using FlowEngine.Training;

using Spectre.Console;

namespace FlowEngine.Cli;

/// <summary>A progress bar with bits per dimension, rate and time left, for terminals.</summary>
internal sealed class BarDisplay(TextWriter output, TextWriter error, SampleUnit unit) : TrainingDisplay(output, error)
{
    // What it can do is asked of the standard output, which it writes to by way of a writer that falls silent.
    private readonly IAnsiConsole _console = AnsiConsole.Create(new AnsiConsoleSettings
    {
        Out = new AnsiConsoleOutput(output),
        Ansi = AnsiConsole.Profile.Capabilities.Ansi ? AnsiSupport.Yes : AnsiSupport.No,
        ColorSystem = (ColorSystemSupport)AnsiConsole.Profile.Capabilities.ColorSystem,
    });

    private ProgressTask? _bar;
    private string _heldOut = string.Empty;

    /// <inheritdoc/>
    public override RunOutcome Show(Func<RunOutcome> run) => _console.Progress()
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
            _bar.Description = FormattableString.Invariant(
                $"{progress.Nats ?? progress.BitsPerDim:0.0000} {unit.Likelihood}, ")
                + FormattableString.Invariant($"{progress.SamplesPerSecond:0} {unit.Plural}/s{_heldOut}");
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
    public override void Noted(string message) => _console.WriteLine(message);

    /// <inheritdoc/>
    public override void Warned(string message) => _console.WriteLine($"warning: {message}");
}
