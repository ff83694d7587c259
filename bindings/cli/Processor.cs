using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace FlowEngine.Cli;

/// <summary>What the CPU is called.</summary>
internal static class Processor
{
    /// <summary>Its name.</summary>
    public static string Name
    {
        get
        {
            const string CpuInfo = "/proc/cpuinfo";

            string? model = File.Exists(CpuInfo)
                ? File.ReadLines(CpuInfo).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))
                : null;
            return model?[(model.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()
                ?? RuntimeInformation.ProcessArchitecture.ToString();
        }
    }

    /// <summary>The width of its vectors.</summary>
    public static string Vectors =>
        $"{(Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128)}-bit vectors";

    /// <summary>Its name, its cores, the width of its vectors, and the runtime that uses them.</summary>
    public static string Describe() =>
        $"{Name}, {Environment.ProcessorCount} cores, {Vectors}, {RuntimeInformation.FrameworkDescription}";
}
