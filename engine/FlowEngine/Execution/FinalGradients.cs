using FlowEngine.Tensors;

namespace FlowEngine.Execution;

/// <summary>Which gradients are final while a backward pass still runs.</summary>
internal static class FinalGradients
{
    /// <summary>
    /// For each moment at which <see cref="FlowPlan.Backward"/> says how far it is, in their order: the element of the flat
    /// gradients from which on they are final.
    /// </summary>
    /// <remarks>
    /// A layer and a prior add to the gradients of the parameters whose names begin with theirs. What begins with no name is
    /// final at the last moment, as all is.
    /// </remarks>
    /// <param name="lowered">The architecture.</param>
    public static long[] Starts(LoweredFlow lowered)
    {
        List<string[]> moments = [];
        for (int l = lowered.Levels.Count - 1; l >= 0; l--)
        {
            moments.Add([lowered.Flow.Levels[l].Prior.Name]);
            moments.AddRange(lowered.Levels[l].Reverse().SelectMany(Names));
        }

        long[] starts = new long[moments.Count];
        foreach (Parameter parameter in lowered.Flow.Parameters.All.Where(parameter => !parameter.IsConstant))
        {
            int last = moments.FindLastIndex(names => Array.Exists(
                names, name => parameter.Name.StartsWith(name + '.', StringComparison.Ordinal)));
            long end = parameter.Offset + CacheLine.Aligned(parameter.Length);
            for (int i = 0; i < (last < 0 ? starts.Length - 1 : last); i++)
            {
                starts[i] = Math.Max(starts[i], end);
            }
        }

        return starts;
    }

    private static IEnumerable<string[]> Names(LayerGroup group) => group is StepRun run
        ? run.Steps.Reverse().Select(step => (string[])[step.ActNorm.Name, step.Convolution.Name, step.Coupling.Name])
        : [[((SingleLayer)group).Layer.Name]];
}
