using System.Globalization;

using FlowEngine.Training;

namespace FlowEngine.Cli;

/// <summary>One line per line of metrics, for logs.</summary>
internal sealed class PlainDisplay(TextWriter output, TextWriter error) : TrainingDisplay(output, error)
{
    private double _fraction;

    /// <inheritdoc/>
    public override void Stepped(in TrainingProgress progress) => _fraction = progress.Fraction;

    /// <inheritdoc/>
    public override void Recorded(RunMetrics metrics)
    {
        Output.WriteLine(metrics switch
        {
            TrainMetrics { Nats: double nats } train => FormattableString.Invariant(
                $"{100 * _fraction,3:0}%  {train.Samples,9} rows  {nats:0.0000} nats  ")
                + FormattableString.Invariant($"gradient {train.GradientNorm:0.000}  {train.SamplesPerSecond:0} rows/s  ")
                + $"{Remaining(train.Seconds)} left",
            EvalMetrics { Nats: double nats } eval => FormattableString.Invariant(
                $"      {eval.Samples,9} rows  {nats:0.0000} ± {2 * eval.NatsStandardError:0.0000} ")
                + $"nats on {eval.HeldOutSamples} validation rows (two standard errors)",
            TrainMetrics train => FormattableString.Invariant(
                $"{100 * _fraction,3:0}%  {train.Samples,9} images  {train.BitsPerDim:0.0000} bits/dim  ")
                + FormattableString.Invariant(
                    $"gradient {train.GradientNorm:0.000}  {train.SamplesPerSecond:0.0} images/s  ")
                + $"{Remaining(train.Seconds)} left",
            EvalMetrics eval => FormattableString.Invariant(
                $"      {eval.Samples,9} images  {eval.BitsPerDim:0.0000} ± {eval.BitsPerDimStandardError:0.0000} ")
                + $"bits/dim on {eval.HeldOutSamples} held-out images",
            _ => metrics.ToJson(),
        });
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
