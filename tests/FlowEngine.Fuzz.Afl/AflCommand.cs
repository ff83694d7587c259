using SharpFuzz;

namespace FlowEngine.Fuzz.Afl;

/// <summary>What tests/FlowEngine.Fuzz/afl.sh needs of a program: instrumentation, first inputs, and the loop under afl-fuzz.</summary>
internal static class AflCommand
{
    private const string Usage = "usage: instrument ASSEMBLY | seeds READER FOLDER COUNT | run READER";

    /// <summary>Runs the command.</summary>
    /// <param name="args">Its arguments.</param>
    /// <returns>0 for success, 2 for wrong usage.</returns>
    public static int Run(string[] args)
    {
        switch (args)
        {
            case ["instrument", string assembly]:
                Fuzzer.Instrument(assembly, type => type.StartsWith("FlowEngine.", StringComparison.Ordinal), Options.Value);
                return 0;
            case ["seeds", string reader, string folder, string count]:
                WriteSeeds(reader, folder, int.Parse(count, System.Globalization.CultureInfo.InvariantCulture));
                return 0;
            case ["run", string reader]:
                RunUnderAfl(reader);
                return 0;
            default:
                Console.Error.WriteLine(Usage);
                return 2;
        }
    }

    /// <summary>Writes inputs that the reader takes.</summary>
    private static void WriteSeeds(string reader, string folder, int count)
    {
        using Target target = Targets.Create(reader);
        TargetRun run = new(target, seed: 1);
        for (int i = 0; run.Accepted < count; i++)
        {
            long before = run.Accepted;
            run.Try(i);
            if (run.Accepted > before)
            {
                File.WriteAllBytes(Path.Combine(folder, $"seed-{i}"), run.Input);
            }
        }
    }

    /// <summary>Tries what afl-fuzz sends; what goes wrong is an exception, which it takes for a crash.</summary>
    private static void RunUnderAfl(string reader)
    {
        // Instrumented code runs only under afl-fuzz: the reader is made with the first input.
        TargetRun? run = null;
        using MemoryStream input = new();
        Fuzzer.Run(stream =>
        {
            run ??= new TargetRun(Targets.Create(reader), seed: 1);
            input.SetLength(0);
            stream.CopyTo(input);
            if (run.Try(input.ToArray()) is string problem)
            {
                throw new InvalidOperationException(problem);
            }
        });
    }
}
