using System.Runtime.CompilerServices;
using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu.Emulator;

/// <summary>The waits of <see cref="Group"/> as the emulator's threads yield them.</summary>
public static class EmulatedGroup
{
    /// <summary>As <see cref="Group.Barrier"/>.</summary>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    public static BarrierRequest Barrier([CallerLineNumber] int line = 0, [CallerFilePath] string file = "") =>
        new(file, line);
}
