using FlowEngine.Layers;
using FlowEngine.Models;

namespace FlowEngine.Execution;

/// <summary>How much memory a plan takes, before it is made, and which mode fits.</summary>
internal static class MemoryPlanner
{
    /// <summary>The memory of a training plan without allocating it, its derived weights left out.</summary>
    public static FlowPlan LayOut(
        Flow flow, in LayerContext context, IReadOnlyList<IReadOnlyList<object>> groups, int batch, MemoryMode? training)
    {
        // A plan that is never run asks nothing of the derived weights.
        return new FlowPlan(flow, context, null!, groups, batch, training, allocate: false);
    }

    /// <summary>Store where it fits half the free memory, else invert.</summary>
    public static MemoryMode Choose(
        Flow flow, in LayerContext context, IReadOnlyList<IReadOnlyList<object>> groups, int batch)
    {
        GCMemoryInfo memory = GC.GetGCMemoryInfo();
        long free = memory.TotalAvailableMemoryBytes - memory.MemoryLoadBytes;
        using FlowPlan plan = LayOut(flow, context, groups, batch, MemoryMode.Store);
        return plan.MemoryBytes <= free / 2 ? MemoryMode.Store : MemoryMode.Invert;
    }

    /// <summary>Bytes by name, largest first, of a plan with its derived weights and, for training, the optimizer's state.</summary>
    public static IReadOnlyList<(string Name, long Bytes)> Describe(
        Flow flow, in LayerContext context, IReadOnlyList<IReadOnlyList<object>> groups, int batch, MemoryMode? training)
    {
        int elementSize = context.Backend.ElementType == Kernels.ElementType.Float64 ? sizeof(double) : sizeof(float);
        using FlowPlan plan = LayOut(flow, context, groups, batch, training);
        using PreparedWeights prepared = new(
            groups, context, training, allocate: false);
        List<(string Name, long Bytes)> parts = [("weights", flow.Parameters.Length * elementSize)];
        parts.AddRange(plan.Memory);
        parts.AddRange(prepared.Summary.Select(part => (part.Name, part.Length * elementSize)));
        if (training is not null)
        {
            parts.Add(("gradients, moments and moving average", 4 * flow.Parameters.Length * elementSize));
        }

        return [.. parts.Where(part => part.Bytes > 0).OrderByDescending(part => part.Bytes)];
    }
}
