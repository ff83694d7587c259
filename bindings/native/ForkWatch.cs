using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

using FlowEngine.Kernels.Cpu;

namespace FlowEngine.Native;

/// <summary>What the dispatcher tells of forks of the host's process: only the thread that forks is in the child.</summary>
internal static class ForkWatch
{
    /// <summary>Before a fork, on the thread that forks.</summary>
    [UnmanagedCallersOnly(EntryPoint = "flowengine_before_fork", CallConvs = [typeof(CallConvCdecl)])]
    internal static void Before() => WorkerTeam.RestAll();
}
