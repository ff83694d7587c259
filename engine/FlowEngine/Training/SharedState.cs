using System.Runtime.InteropServices;

using FlowEngine.Kernels;
using FlowEngine.Ranks;

namespace FlowEngine.Training;

/// <summary>What all ranks have to have alike before they train together.</summary>
internal static class SharedState
{
    /// <summary>All ranks take over what the first has.</summary>
    /// <param name="ranks">The ranks.</param>
    /// <param name="updates">Updates that each has made, which are the same.</param>
    /// <param name="backend">Where the values are.</param>
    /// <param name="views">Weights and what the optimizer keeps, of one length.</param>
    /// <exception cref="FlowException">The ranks have made different numbers of updates.</exception>
    public static void Spread(
        ICommunicator ranks, long updates, IBackend backend, params ReadOnlySpan<BufferView> views)
    {
        long[] all = new long[ranks.Size];
        ranks.Gather<long>(updates, all);
        int other = Array.FindIndex(all, count => count != all[0]);
        if (other >= 0)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"rank {other} goes on after update {all[other]}, rank 0 after {all[0]}: expected the same run");
        }

        float[] values = new float[views[0].Length];
        foreach (BufferView view in views)
        {
            backend.Read(view, values);
            ranks.Broadcast(MemoryMarshal.AsBytes(values.AsSpan()));
            backend.Write(values, view);
        }
    }
}
