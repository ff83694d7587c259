using System.Numerics;

using FlowEngine.Layers;

namespace FlowEngine.Execution;

/// <summary>How much memory a plan takes, before it is made, and which mode fits.</summary>
internal static class MemoryPlanner
{
    /// <summary>The memory of a training plan without allocating it, its derived weights left out.</summary>
    public static FlowPlan LayOut(LoweredFlow lowered, in LayerContext context, int batch, MemoryMode? training)
    {
        // A plan that is never run asks nothing of the derived weights.
        return new FlowPlan(lowered, context, null!, batch, training, allocate: false);
    }

    /// <summary>Store where it fits half the free memory, else invert.</summary>
    public static MemoryMode Choose(LoweredFlow lowered, in LayerContext context, int batch)
    {
        using FlowPlan plan = LayOut(lowered, context, batch, MemoryMode.Store);
        return plan.MemoryBytes <= context.Backend.Memory.FreeBytes / 2 ? MemoryMode.Store : MemoryMode.Invert;
    }

    /// <summary>What to do where a plan does not fit: the end of an error.</summary>
    public static string Advice(
        LoweredFlow lowered, LayerContext context, int batch, MemoryMode? training, long free)
    {
        // Less what blocks are rounded up by, and what is small.
        long budget = free - (free / 32);
        int fits = Largest(training);
        if (fits > 0)
        {
            return $"; a batch of {fits} would fit";
        }

        int inverted = training == MemoryMode.Store ? Largest(MemoryMode.Invert) : 0;
        return inverted > 0
            ? $"; memory mode invert with a batch of {inverted} would fit"
            : "; not even one image fits";

        int Largest(MemoryMode? mode) => LargestBatch(
            images =>
            {
                using FlowPlan plan = LayOut(lowered, context, images, mode);
                return plan.MemoryBytes;
            },
            budget,
            batch);
    }

    /// <summary>The largest batch whose bytes fit; 0 if not even one image's do.</summary>
    /// <param name="bytesOf">Bytes of a batch, growing with it.</param>
    /// <param name="free">The bytes there are.</param>
    /// <param name="limit">The largest batch that is asked for.</param>
    public static int LargestBatch(Func<int, long> bytesOf, long free, int limit)
    {
        int fits = 0;
        int tooMany = limit + 1;
        while (tooMany - fits > 1)
        {
            int middle = fits + ((tooMany - fits) / 2);
            (fits, tooMany) = bytesOf(middle) <= free ? (middle, tooMany) : (fits, middle);
        }

        return fits;
    }

    /// <summary>Bytes by name, largest first, of a plan with its derived weights and, for training, the optimizer's state.</summary>
    /// <param name="lowered">The architecture.</param>
    /// <param name="context">Device and weights.</param>
    /// <param name="batch">Images.</param>
    /// <param name="training">How the backward pass gets activations; null if it never runs.</param>
    /// <param name="shards">Parts of the batch that run one after the other.</param>
    public static IReadOnlyList<(string Name, long Bytes)> Describe(
        LoweredFlow lowered, in LayerContext context, int batch, MemoryMode? training, int shards = 1)
    {
        int elementSize = context.Backend.ElementType == Kernels.ElementType.Float64 ? sizeof(double) : sizeof(float);
        using FlowPlan plan = LayOut(lowered, context, batch / shards, training);
        using PreparedWeights prepared = new(lowered, context, training, allocate: false);
        List<(string Name, long Bytes)> parts = [("weights", lowered.Flow.Parameters.Length * elementSize)];
        parts.AddRange(plan.Memory);
        parts.AddRange(prepared.Summary.Select(part => (part.Name, part.Length * elementSize)));
        if (training is not null)
        {
            int arrays = 4 + BitOperations.Log2((uint)shards);
            parts.Add(("gradients, moments and moving average", arrays * lowered.Flow.Parameters.Length * elementSize));
            parts.Add(("values", shards > 1 ? (long)batch * lowered.Flow.Dims * elementSize : 0));
        }

        return
        [
            .. parts.GroupBy(part => part.Name, part => part.Bytes)
                .Select(part => (part.Key, part.Sum()))
                .Where(part => part.Item2 > 0)
                .OrderByDescending(part => part.Item2),
        ];
    }
}
