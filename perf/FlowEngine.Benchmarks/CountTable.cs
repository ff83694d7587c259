using System.Globalization;

namespace FlowEngine.Benchmarks;

/// <summary>The operations and bytes of every case, as the table in <c>perf/README.md</c>.</summary>
internal static class CountTable
{
    /// <summary>Writes the table for the levels of the reference model.</summary>
    public static void Write(TextWriter output)
    {
        IReadOnlyList<ModelShape> shapes = [.. ModelShape.All.Where(shape => shape.Hidden == 512)];
        output.WriteLine($"| operation, pass | {string.Join(" | ", shapes.Select(shape => shape.Name))} |");
        output.WriteLine($"|---|{string.Concat(shapes.Select(_ => "---|"))}");
        IEnumerable<OperationBenchmarks> classes = typeof(OperationBenchmarks).Assembly.GetTypes()
            .Where(type => type.IsSubclassOf(typeof(OperationBenchmarks)) && !type.IsAbstract)
            .OrderBy(type => type.Name, StringComparer.Ordinal)
            .Select(type => (OperationBenchmarks)Activator.CreateInstance(type)!);
        foreach (OperationBenchmarks benchmarks in classes)
        {
            string name = benchmarks.GetType().Name.Replace("Benchmarks", string.Empty, StringComparison.Ordinal);
            foreach (IGrouping<string, OperationCase> pass in benchmarks.Cases.GroupBy(one => one.Pass))
            {
                IEnumerable<string> cells = shapes.Select(shape => Cell(benchmarks, pass, shape));
                output.WriteLine($"| {name}, {pass.Key} | {string.Join(" | ", cells)} |");
            }
        }
    }

    private static string Cell(OperationBenchmarks benchmarks, IEnumerable<OperationCase> cases, ModelShape shape)
    {
        if (cases.FirstOrDefault(one => one.Shape == shape) is not OperationCase row)
        {
            return "-";
        }

        benchmarks.Case = row;
        Work work = ((ICountedWork)benchmarks).CountWork(nameof(OperationBenchmarks.Run));
        string bytes = string.Create(CultureInfo.InvariantCulture, $"{work.Bytes / 1e6:F2} MB");
        return work.Operations > 0
            ? string.Create(CultureInfo.InvariantCulture, $"{work.Operations / 1e6:F1} MFLOP, {bytes}")
            : bytes;
    }
}
