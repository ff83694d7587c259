using System.Globalization;

using FlowEngine.Data;
using FlowEngine.Training;

namespace FlowEngine.Cli;

/// <summary>One line per line of metrics, for logs.</summary>
internal sealed class PlainDisplay(TextWriter output, TextWriter error, SampleUnit unit) : TrainingDisplay(output, error)
{
    private double _fraction;

    /// <inheritdoc/>
    public override void Stepped(in TrainingProgress progress) => _fraction = progress.Fraction;

    /// <inheritdoc/>
    public override void Recorded(RunMetrics metrics)
    {
        string figure = FormattableString.Invariant(
            $"{metrics.Samples,9} {unit.Plural}  {metrics.Nats ?? metrics.BitsPerDim:0.0000}");
        Output.WriteLine(metrics switch
        {
            TrainMetrics train => FormattableString.Invariant(
                $"{100 * _fraction,3:0}%  {figure} {unit.Likelihood}  gradient {train.GradientNorm:0.000}  ")
                + FormattableString.Invariant($"{train.SamplesPerSecond:0.0} {unit.Plural}/s  ")
                + $"{Remaining(train.Seconds)} left",
            EvalMetrics { NatsStandardError: double error } eval => FormattableString.Invariant(
                $"      {figure} ± {2 * error:0.0000} {unit.Likelihood} on {eval.HeldOutSamples} {unit.HeldOut} ")
                + $"{unit.Plural} (two standard errors)" + Note.LeftOut(eval.LeftOut, unit),
            EvalMetrics eval => FormattableString.Invariant(
                $"      {figure} ± {eval.BitsPerDimStandardError:0.0000} {unit.Likelihood} on {eval.HeldOutSamples} ")
                + $"{unit.HeldOut} {unit.Plural}" + Note.LeftOut(eval.LeftOut, unit),
            _ => metrics.ToJson(),
        });
        Output.Flush();
    }

    /// <inheritdoc/>
    public override void Noted(string message)
    {
        Output.WriteLine($"      {message}");
        Output.Flush();
    }

    private string Remaining(double seconds)
    {
        const double Longest = 1e8;

        double remaining = Math.Min(seconds * (1 - _fraction) / _fraction, Longest);
        return _fraction > 0
            ? TimeSpan.FromSeconds(Math.Round(remaining)).ToString("c", CultureInfo.InvariantCulture)
            : "?";
    }
}
