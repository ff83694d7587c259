using System.CommandLine;

namespace FlowEngine.Compare;

/// <summary>The <c>compare</c> command: whether a change made the engine slower, or do more.</summary>
/// <remarks>
/// Exit codes: 0 nothing is slower or more, 1 something is, 2 wrong usage, bad input, or a build that does not run. An error
/// is one line.
/// </remarks>
internal static class CompareCommand
{
    private const int IsSlower = 1;
    private const int BadInput = 2;

    /// <summary>Runs the command in this process.</summary>
    /// <param name="args">Its arguments.</param>
    /// <param name="output">Standard output.</param>
    /// <param name="error">Standard error.</param>
    /// <returns>The exit code.</returns>
    public static int Run(string[] args, TextWriter output, TextWriter error)
    {
        RootCommand root = new("Compares the speed of two builds, and fails if the second is slower.");
        root.Subcommands.Add(BuildRun());
        root.Subcommands.Add(BuildRead());
        root.Subcommands.Add(BuildCounts());
        ParseResult parse = root.Parse(args);
        if (parse.Errors.Count > 0)
        {
            return Fail(error, $"{parse.Errors[0].Message} (compare --help)");
        }

        try
        {
            return parse.Invoke(new InvocationConfiguration
            {
                Output = output,
                Error = error,
                EnableDefaultExceptionHandler = false,
            });
        }
        catch (CompareException exception)
        {
            return Fail(error, exception.Message);
        }
    }

    private static Command BuildRun()
    {
        Option<string> baseBuild = new("--base")
        {
            Description = "The build before the change: a repository, a folder, or flow itself",
            Required = true,
        };
        Option<string> headBuild = new("--head") { Description = "The build after it", Required = true };
        Option<int> rounds = new("--rounds")
        {
            Description = $"How often each is measured, at least {PairedRatio.FewestRounds}",
            DefaultValueFactory = _ => 15,
        };
        Option<string> cases = new("--cases")
        {
            Description = "A file of lines `name: arguments of flow bench`",
            DefaultValueFactory = _ => BenchCase.DefaultFile,
        };
        Option<string?> reports = new("--reports")
        {
            Description = "A folder that gets base.json and head.json, which `compare read` reads",
        };
        CompareOptions options = new();
        Command command = new("run", "Measures two builds in turn on this machine and compares them.")
        {
            baseBuild, headBuild, rounds, cases, reports,
        };
        options.AddTo(command);
        command.SetAction(parse =>
        {
            int count = parse.GetRequiredValue(rounds);
            if (count < PairedRatio.FewestRounds)
            {
                throw new CompareException($"--rounds is {count}, expected at least {PairedRatio.FewestRounds}");
            }

            double threshold = options.ThresholdOf(parse);
            (IReadOnlyList<Series> before, IReadOnlyList<Series> after) = InterleavedRuns.Run(
                BenchProgram.Find(parse.GetRequiredValue(baseBuild)),
                BenchProgram.Find(parse.GetRequiredValue(headBuild)),
                BenchCase.Read(parse.GetRequiredValue(cases)),
                count,
                parse.InvocationConfiguration.Error);
            if (parse.GetValue(reports) is string folder)
            {
                Report.Write(Path.Combine(folder, "base.json"), before);
                Report.Write(Path.Combine(folder, "head.json"), after);
            }

            return Conclude(parse, options, Comparison.Of(before, after, threshold));
        });
        return command;
    }

    private static Command BuildRead()
    {
        Argument<string> baseReport = new("BASE") { Description = "The report of the build before the change" };
        Argument<string> headReport = new("HEAD") { Description = "The report of the build after it" };
        CompareOptions options = new();
        Command command = new("read", "Compares two reports that were measured in turn.") { baseReport, headReport };
        options.AddTo(command);
        command.SetAction(parse => Conclude(parse, options, Comparison.Of(
            Report.Read(parse.GetRequiredValue(baseReport)),
            Report.Read(parse.GetRequiredValue(headReport)),
            options.ThresholdOf(parse))));
        return command;
    }

    private static Command BuildCounts()
    {
        Argument<string> baseTable = new("BASE") { Description = "The table of the build before the change" };
        Argument<string> headTable = new("HEAD") { Description = "The table of the build after it" };
        Command command = new("counts", "Compares two tables of what kernels do, and fails if a case does more.")
        {
            baseTable, headTable,
        };
        command.SetAction(parse =>
        {
            IReadOnlyList<CountDifference> differences = CountDifference.Of(
                CountTable.Read(parse.GetRequiredValue(baseTable)), CountTable.Read(parse.GetRequiredValue(headTable)));
            CountDifference.WriteTable(parse.InvocationConfiguration.Output, differences);
            return differences.Any(difference => difference.IsFailure) ? IsSlower : 0;
        });
        return command;
    }

    private static int Conclude(ParseResult parse, CompareOptions options, IReadOnlyList<Comparison> comparisons)
    {
        if (parse.GetValue(options.Json) is string path)
        {
            ComparisonOutput.WriteJson(path, comparisons);
        }

        ComparisonOutput.WriteTable(parse.InvocationConfiguration.Output, comparisons);
        return comparisons.Any(comparison => comparison.IsFailure) ? IsSlower : 0;
    }

    private static int Fail(TextWriter error, string message)
    {
        error.WriteLine($"compare: {message.ReplaceLineEndings(" ")}");
        return BadInput;
    }
}
