using System.Diagnostics;

using FlowEngine.Kernels;
using FlowEngine.Kernels.Gpu;

namespace FlowEngine.Conformance;

/// <summary>Runs the cases on a device and says which it does right.</summary>
public static class SelfTest
{
    /// <summary>
    /// Every operation of a backend against the reference; in reduced precision those of networks, as nothing else differs.
    /// </summary>
    /// <param name="backend">The backend.</param>
    /// <returns>A result for each operation and shape, as it is there.</returns>
    public static IEnumerable<SelfTestResult> Run(IBackend backend)
    {
        bool full = backend.NetworkPrecision == NetworkPrecision.Full;
        string shows = full ? "an operation of flows" : $"an operation of flows in {backend.NetworkPrecision}";
        foreach (BackendCase test in CasesOf(backend.NetworkPrecision))
        {
            long start = Stopwatch.GetTimestamp();
            double error = double.NaN;
            string? fault = null;
            try
            {
                error = test.Error(backend);
            }
            catch (GpuException e)
            {
                fault = e.Message;
            }

            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            double tolerance = BackendCase.ToleranceOf(backend.NetworkPrecision);
            yield return new($"{test.Name} {test.Shape}", shows, 1, error, tolerance, fault, seconds);
        }
    }

    /// <summary>How many results there are of a backend.</summary>
    /// <param name="backend">The backend.</param>
    public static int Count(IBackend backend) => CasesOf(backend.NetworkPrecision).Count;

    /// <summary>How many results there are of a device.</summary>
    /// <param name="device">The device.</param>
    public static int Count(GpuDevice device) =>
        KernelsOf(device).Count() + Enum.GetValues<NetworkPrecision>().Sum(precision => CasesOf(precision).Count);

    /// <summary>
    /// Every kernel of the conformance set, then every operation of a backend on the device, in every precision.
    /// </summary>
    /// <param name="device">The device.</param>
    /// <param name="runs">How often each kernel runs, every time with other shapes and data.</param>
    /// <returns>A result for each kernel and operation, as it is there.</returns>
    public static IEnumerable<SelfTestResult> Run(GpuDevice device, int runs)
    {
        foreach (SelfTestResult result in RunKernels(device, runs))
        {
            yield return result;
        }

        foreach (SelfTestResult result in Enum.GetValues<NetworkPrecision>().SelectMany(p => RunOperations(device, p)))
        {
            yield return result;
        }
    }

    /// <summary>Every kernel of the conformance set.</summary>
    /// <param name="device">The device.</param>
    /// <param name="runs">How often each runs, every time with other shapes and data.</param>
    /// <returns>A result for each kernel, as it is there.</returns>
    public static IEnumerable<SelfTestResult> RunKernels(GpuDevice device, int runs) =>
        KernelsOf(device).Select(test => Run(test, device, runs));

    private static IEnumerable<KernelCase> KernelsOf(GpuDevice device) =>
        KernelCases.All.Where(test => !test.EmulatorOnly || device.Info.Runner == GpuRunner.Emulator);

    private static IReadOnlyList<BackendCase> CasesOf(NetworkPrecision precision) =>
        precision == NetworkPrecision.Full ? BackendCases.All : BackendCases.Networks;

    private static IEnumerable<SelfTestResult> RunOperations(GpuDevice device, NetworkPrecision precision)
    {
        using GpuBackend backend = new(device, ownsDevice: false, precision);
        foreach (SelfTestResult result in Run(backend))
        {
            yield return result;
        }
    }

    private static SelfTestResult Run(KernelCase test, GpuDevice device, int runs)
    {
        long start = Stopwatch.GetTimestamp();
        double worst = 0;
        string? fault = null;
        for (int run = 0; run < runs && fault is null; run++)
        {
            try
            {
                double error = test.Run(device, new Random(run)).Error;
                worst = double.IsNaN(error) || double.IsNaN(worst) ? double.NaN : Math.Max(worst, error);
            }
            catch (GpuException e)
            {
                fault = e.Message;
            }
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return new(test.Name, test.Shows, runs, worst, test.Tolerance, fault, seconds);
    }
}
