using System.Globalization;

namespace FlowEngine.Fuzz;

/// <summary>What the command is told.</summary>
internal sealed record FuzzOptions
{
    /// <summary>The names of the readers; empty for all.</summary>
    public string[] Readers { get; init; } = [];

    /// <summary>Inputs of each reader.</summary>
    public long Inputs { get; init; } = 20_000;

    /// <summary>The number of the first input.</summary>
    public long First { get; init; }

    /// <summary>The seed.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>The most seconds of each reader.</summary>
    public double Seconds { get; init; } = double.PositiveInfinity;

    /// <summary>Where inputs that went wrong are written.</summary>
    public string Findings { get; init; } = "fuzz-findings";

    /// <summary>Files to read in the place of inputs that are made.</summary>
    public string[] Files { get; init; } = [];

    /// <summary>The options of a command line.</summary>
    /// <param name="args">The words.</param>
    /// <exception cref="FormatException">A word is no option, or a value does not read.</exception>
    public static FuzzOptions Parse(string[] args)
    {
        FuzzOptions options = new();
        for (int i = 0; i < args.Length; i++)
        {
            string Value() => ++i < args.Length ? args[i] : throw new FormatException($"{args[i - 1]} needs a value");
            options = args[i] switch
            {
                "--reader" => options with { Readers = Value().Split(',') },
                "--inputs" => options with { Inputs = long.Parse(Value(), CultureInfo.InvariantCulture) },
                "--first" => options with { First = long.Parse(Value(), CultureInfo.InvariantCulture) },
                "--seed" => options with { Seed = ulong.Parse(Value(), CultureInfo.InvariantCulture) },
                "--seconds" => options with { Seconds = double.Parse(Value(), CultureInfo.InvariantCulture) },
                "--findings" => options with { Findings = Value() },
                ['-', ..] => throw new FormatException($"{args[i]} is no option"),
                _ => options with { Files = [.. options.Files, args[i]] },
            };
        }

        return options;
    }
}
