using System.Globalization;

using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Parameters;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace FlowEngine.Benchmarks;

/// <summary>A rate: counted work by the median time, or its share of the multiply-adders' peak.</summary>
internal sealed class WorkColumn : IColumn
{
    private readonly string _format;
    private readonly Func<Work, double, double> _value;

    // By the work of a call and its median time in nanoseconds; 0 is shown as nothing.
    private WorkColumn(string name, string legend, string format, Func<Work, double, double> value)
    {
        ColumnName = name;
        Legend = legend;
        _format = format;
        _value = value;
    }

    /// <summary>Every such column.</summary>
    public static IColumn[] All { get; } =
    [
        new WorkColumn(
            "GFLOP/s", "10^9 counted operations a second", "F1", (work, nanoseconds) => work.Operations / nanoseconds),
        new WorkColumn(
            "Of peak",
            "Share of the multiply-add peak of all threads, measured in this run",
            "P0",
            (work, nanoseconds) => work.Operations > 0 ? work.Operations / nanoseconds / PeakOfRun.Gflops : 0),
        new WorkColumn(
            "GB/s", "10^9 bytes a second of those that must be moved", "F1", (work, nanoseconds) => work.Bytes / nanoseconds),
    ];

    public string Id => $"{nameof(WorkColumn)}.{ColumnName}";

    public string ColumnName { get; }

    public string Legend { get; }

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public bool IsAvailable(Summary summary) => true;

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase) =>
        GetValue(summary, benchmarkCase, SummaryStyle.Default);

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style)
    {
        double value = summary[benchmarkCase]?.ResultStatistics is { Median: double nanoseconds }
            ? _value(WorkOf(benchmarkCase), nanoseconds)
            : 0;
        return value > 0 ? value.ToString(_format, CultureInfo.InvariantCulture) : "-";
    }

    private static Work WorkOf(BenchmarkCase benchmarkCase)
    {
        Type type = benchmarkCase.Descriptor.Type;
        if (Activator.CreateInstance(type) is not ICountedWork counted)
        {
            return default;
        }

        foreach (ParameterInstance parameter in benchmarkCase.Parameters.Items)
        {
            type.GetProperty(parameter.Name)!.SetValue(counted, parameter.Value);
        }

        return counted.CountWork(benchmarkCase.Descriptor.WorkloadMethod.Name);
    }
}
