using System.Diagnostics;

namespace FlowEngine.Fuzz;

/// <summary>Tries the readers, and prints what each did.</summary>
internal static class FuzzCommand
{
    private const int MostFindings = 20;
    private const int InputsBetweenChecks = 64;
    private const int InputsBetweenNotes = 1 << 20;

    private const string Usage =
        """
        Tries the readers with damaged files: FlowEngine.Fuzz [options] [FILE...]
          --reader NAME,...  these readers [default: all]
          --inputs N         so many inputs of each [default: 20000]
          --seconds T        at most so long for each
          --seed S           other inputs [default: 1]
          --first I          from the input of this number on: with --inputs 1 the input of a finding once more
          --findings DIR     where inputs that go wrong are written [default: fuzz-findings]
          FILE...            reads these files instead, by one --reader; DOTNET_GCHeapHardLimit bounds their memory
        """;

    private static readonly TimeSpan _longestTimeOfFile = TimeSpan.FromMinutes(1);

    /// <summary>Runs the command.</summary>
    /// <param name="args">Its arguments.</param>
    /// <returns>0 if nothing went wrong, 1 if something did, 2 for wrong usage.</returns>
    public static int Run(string[] args)
    {
        FuzzOptions options;
        try
        {
            options = FuzzOptions.Parse(args);
        }
        catch (FormatException exception)
        {
            Console.Error.WriteLine($"{exception.Message}\n{Usage}");
            return 2;
        }

        string[] readers = options.Readers.Length > 0 ? options.Readers : [.. Targets.Names];
        if (readers.Except(Targets.Names).FirstOrDefault() is string unknown)
        {
            Console.Error.WriteLine($"there is no reader {unknown}, expected some of {string.Join(",", Targets.Names)}");
            return 2;
        }

        Console.WriteLine(
            $"{"reader",-16} {"inputs",12} {"read",12} {"seconds",9} {"inputs/s",9} {"slowest ms",11} {"most MiB",9}");
        long findings = 0;
        long inputs = 0;
        foreach (string reader in readers)
        {
            using Target target = Targets.Create(reader);
            TargetRun run = options.Files.Length == 0
                ? new TargetRun(target, options.Seed)
                : new TargetRun(target, options.Seed) { ChecksAllocation = false, LongestTime = _longestTimeOfFile };
            long start = Stopwatch.GetTimestamp();
            findings += options.Files.Length > 0 ? Replay(run, options) : Try(run, options);
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            inputs += run.Inputs;
            Console.WriteLine(FormattableString.Invariant(
                $"{reader,-16} {run.Inputs,12} {run.Accepted,12} {seconds,9:0.0} {run.Inputs / seconds,9:0} ")
                + FormattableString.Invariant($"{run.Slowest.TotalMilliseconds,11:0.0} {run.LargestMemory / 1048576.0,9:0.0}"));
        }

        Console.WriteLine($"{inputs} inputs of {readers.Length} readers, seed {options.Seed}: {findings} findings");
        return findings == 0 ? 0 : 1;
    }

    private static int Try(TargetRun run, FuzzOptions options)
    {
        using Timer watch = new(_ => Watch(run, options), null, run.LongestTime, run.LongestTime);
        int findings = 0;
        long start = Stopwatch.GetTimestamp();
        for (long i = 0; i < options.Inputs && findings < MostFindings; i++)
        {
            if (run.Try(options.First + i) is Finding finding)
            {
                findings++;
                Report(finding, options);
            }

            if (i % InputsBetweenChecks == 0 && Stopwatch.GetElapsedTime(start).TotalSeconds > options.Seconds)
            {
                break;
            }

            if ((i + 1) % InputsBetweenNotes == 0)
            {
                Console.Error.WriteLine($"{run.Target.Name}: {i + 1} inputs");
            }
        }

        return findings;
    }

    private static int Replay(TargetRun run, FuzzOptions options)
    {
        int findings = 0;
        foreach (string file in options.Files)
        {
            byte[] input = File.ReadAllBytes(file);
            if (run.Try(input) is string problem)
            {
                findings++;
                Console.WriteLine($"{file}: {problem}");
            }
        }

        return findings;
    }

    private static void Report(Finding finding, FuzzOptions options)
    {
        Directory.CreateDirectory(options.Findings);
        string path = Path.Combine(options.Findings, $"{finding.Reader}-{options.Seed}-{finding.Index}");
        File.WriteAllBytes(path, finding.Input);
        Console.WriteLine(
            $"{path}: {finding.Problem}\n"
            + $"  again: --reader {finding.Reader} --seed {options.Seed} --first {finding.Index} --inputs 1");
    }

    /// <summary>Ends the process where an input does not end.</summary>
    private static void Watch(TargetRun run, FuzzOptions options)
    {
        long started = run.Started;
        if (started != 0 && Stopwatch.GetElapsedTime(started) > 20 * run.LongestTime)
        {
            Report(new Finding(run.Target.Name, run.Index, "does not end", run.Input), options);
            Environment.Exit(1);
        }
    }
}
