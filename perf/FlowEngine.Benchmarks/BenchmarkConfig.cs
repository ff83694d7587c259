using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Exporters.Json;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;

namespace FlowEngine.Benchmarks;

/// <summary>How benchmarks run and what their tables show.</summary>
/// <remarks>
/// They run in this process, as an application would run the engine: under the settings of this build, with nothing
/// generated or compiled beside it, and with the peak of the same machine state in the same table.
/// </remarks>
internal sealed class BenchmarkConfig : ManualConfig
{
    private const int WidestCase = 60;

    /// <summary>Creates the settings.</summary>
    /// <param name="isQuick">True to see that everything runs: the times of so few iterations say little.</param>
    public BenchmarkConfig(bool isQuick)
    {
        AddJob(Job.Default
            .WithToolchain(InProcessEmitToolchain.Instance)
            .WithWarmupCount(isQuick ? 1 : 3)
            .WithIterationCount(isQuick ? 3 : 10)
            .WithIterationTime(TimeInterval.FromMilliseconds(isQuick ? 20 : 200)));
        AddDiagnoser(new MemoryDiagnoser(new MemoryDiagnoserConfig(displayGenColumns: false)));
        AddColumnProvider(
            DefaultColumnProviders.Descriptor, DefaultColumnProviders.Params, DefaultColumnProviders.Metrics);
        AddColumn(StatisticColumn.Median, StatisticColumn.StdDev, BaselineRatioColumn.RatioMean);
        AddColumn(WorkColumn.All);
        AddLogger(ConsoleLogger.Default);
        AddExporter(MarkdownExporter.GitHub, JsonExporter.Brief);
        WithOptions(ConfigOptions.JoinSummary);
        WithSummaryStyle(SummaryStyle.Default.WithMaxParameterColumnWidth(WidestCase));
    }
}
