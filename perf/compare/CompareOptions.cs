using System.CommandLine;

namespace FlowEngine.Compare;

/// <summary>The options that both ways to compare have.</summary>
internal sealed class CompareOptions
{
    /// <summary>Where the comparison goes as JSON.</summary>
    public Option<string?> Json { get; } = new("--json") { Description = "A file that gets the comparison as JSON" };

    private Option<double> Threshold { get; } = new("--threshold")
    {
        Description = "The smallest slowdown that fails, in percent",
        DefaultValueFactory = _ => 5,
    };

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(Json);
        command.Options.Add(Threshold);
    }

    /// <summary>The threshold as a fraction.</summary>
    /// <exception cref="CompareException">It is out of range.</exception>
    public double ThresholdOf(ParseResult parse)
    {
        double percent = parse.GetValue(Threshold);
        return percent is > 0 and <= 1000
            ? percent / 100
            : throw new CompareException(
                FormattableString.Invariant($"--threshold is {percent}, expected a positive number up to 1000"));
    }
}
