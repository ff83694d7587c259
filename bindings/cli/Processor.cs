using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace FlowEngine.Cli;

/// <summary>What the CPU is called.</summary>
internal static class Processor
{
    /// <summary>Its name, its cores, the width of its vectors, and the runtime that uses them.</summary>
    public static string Describe()
    {
        const string CpuInfo = "/proc/cpuinfo";

        string? model = File.Exists(CpuInfo)
            ? File.ReadLines(CpuInfo).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))
            : null;
        string name = model?[(model.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()
            ?? RuntimeInformation.ProcessArchitecture.ToString();
        int bits = Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128;
        return $"{name}, {Environment.ProcessorCount} cores, {bits}-bit vectors, "
            + RuntimeInformation.FrameworkDescription;
    }
}
