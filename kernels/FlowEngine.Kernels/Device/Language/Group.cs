using System.Runtime.CompilerServices;

namespace FlowEngine.Kernels.Device;

/// <summary>The group of threads that share memory and can wait for each other, as a kernel sees it.</summary>
public static class Group
{
    /// <summary>This thread's index in its group.</summary>
    [Intrinsic("GROUP_IDX_X", Varying = true)]
    public static int IdxX => DeviceThread.Current.Index;

    /// <summary>The threads of the group.</summary>
    [Intrinsic("GROUP_DIM_X")]
    public static int DimX => DeviceThread.Current.GroupSize;

    /// <summary>
    /// Waits until every thread of the group is here; what they wrote before it is then visible to all of them.
    /// </summary>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("GROUP_BARRIER", Waits = true)]
    public static void Barrier([CallerLineNumber] int line = 0, [CallerFilePath] string file = "") =>
        throw DeviceThread.NotYielded(nameof(Barrier));
}
