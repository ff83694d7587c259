using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

using static System.Runtime.InteropServices.Architecture;

namespace FlowEngine.Native;

/// <summary>What this image was compiled for.</summary>
internal static class Processor
{
    /// <summary>The x86-64 level, or the architecture.</summary>
    public static string InstructionSet =>
        RuntimeInformation.ProcessArchitecture != X64 ? $"{RuntimeInformation.ProcessArchitecture}"
        : Avx512F.IsSupported ? "x86-64-v4"
        : Avx2.IsSupported && Fma.IsSupported ? "x86-64-v3"
        : "x86-64";
}
