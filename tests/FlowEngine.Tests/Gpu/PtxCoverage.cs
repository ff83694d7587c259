using System.Globalization;

namespace FlowEngine.Tests.Gpu;

/// <summary>
/// When the tests on the stand-in for CUDA have run, writes ptx-coverage.txt beside them: a line for each kernel with its
/// instructions, those that were executed, and their share, and a line of the sums.
/// </summary>
public sealed class PtxCoverage : IDisposable
{
    public void Dispose()
    {
        IReadOnlyList<(string Kernel, int Instructions, int Executed)> kernels = FakeCuda.Coverage();
        if (kernels.Count > 0)
        {
            File.WriteAllLines(
                Path.Combine(AppContext.BaseDirectory, "ptx-coverage.txt"),
                kernels.Append(("total", kernels.Sum(k => k.Instructions), kernels.Sum(k => k.Executed))).Select(Line));
        }
    }

    private static string Line((string Kernel, int Instructions, int Executed) kernel) => string.Create(
        CultureInfo.InvariantCulture,
        $"{kernel.Kernel,-44} {kernel.Instructions,6} {kernel.Executed,6} {100.0 * kernel.Executed / kernel.Instructions,6:f1} %");
}
