using FlowEngine.Kernels.Cpu;

namespace FlowEngine.Benchmarks;

/// <summary>The multiply-add peak of this run: the larger of one measurement at its start and one at its end.</summary>
internal static class PeakOfRun
{
    private static readonly double _first = CpuPeak.MeasureGflops(Environment.ProcessorCount);

    private static readonly Lazy<double> _larger =
        new(() => Math.Max(_first, CpuPeak.MeasureGflops(Environment.ProcessorCount)));

    /// <summary>10⁹ operations a second of all threads; the first use is the second measurement.</summary>
    public static double Gflops => _larger.Value;

    /// <summary>Takes the first measurement.</summary>
    public static void Begin() => _ = _first;
}
