namespace FlowEngine.Compare;

/// <summary>Measures two builds in turn, so that a drift of the machine meets both.</summary>
internal static class InterleavedRuns
{
    /// <summary>Runs every case of both builds once a round, in the order base head head base, and so on.</summary>
    /// <param name="baseProgram">The build before a change.</param>
    /// <param name="headProgram">The build after it.</param>
    /// <param name="cases">What to measure.</param>
    /// <param name="rounds">How often.</param>
    /// <param name="progress">Told of every round.</param>
    public static (IReadOnlyList<Series> Base, IReadOnlyList<Series> Head) Run(
        BenchProgram baseProgram,
        BenchProgram headProgram,
        IReadOnlyList<BenchCase> cases,
        int rounds,
        TextWriter progress)
    {
        List<Series> before = [];
        List<Series> after = [];
        foreach (BenchCase benchCase in cases)
        {
            for (int round = 0; round < rounds; round++)
            {
                progress.WriteLine($"{benchCase.Name}: round {round + 1} of {rounds}");
                bool baseFirst = round % 2 == 0;
                (baseFirst ? before : after).AddRange((baseFirst ? baseProgram : headProgram).Run(benchCase));
                (baseFirst ? after : before).AddRange((baseFirst ? headProgram : baseProgram).Run(benchCase));
            }
        }

        return (Joined(before), Joined(after));
    }

    private static Series[] Joined(IEnumerable<Series> runs) =>
        [.. runs.GroupBy(run => run.Benchmark).Select(
            group => group.First() with { Values = [.. group.SelectMany(run => run.Values)] })];
}
