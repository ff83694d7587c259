using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu;

/// <summary>A linear map of a network with what follows it: from an array and others to the next. Array 0 is the input.</summary>
/// <param name="Weight">Where its weight, (out, in), begins among the parameters.</param>
/// <param name="Bias">Where its bias does.</param>
/// <param name="FirstInput">The first value that it reads of its source.</param>
/// <param name="Inputs">How many it reads.</param>
/// <param name="Outputs">How many it makes.</param>
/// <param name="Source">The array that it reads.</param>
/// <param name="Activates">True if it reads the array's activations.</param>
/// <param name="Kept">Where what it makes is kept for the backward pass, in values of a row.</param>
internal readonly record struct SplineNetworkMap(
    long Weight, long Bias, int FirstInput, int Inputs, int Outputs, int Source, bool Activates, int Kept)
{
    /// <summary>What its sums become.</summary>
    public int Ending { get; init; } = SplineNetworkKernels.Store;

    /// <summary>The array that is added; -1 for none.</summary>
    public int Other { get; init; } = -1;

    /// <summary>The array that the sums are a gate of; -1 for none.</summary>
    public int Addend { get; init; } = -1;

    /// <summary>Where the sums are kept, where they become something else; -1 where they do not.</summary>
    public int KeptSum { get; init; } = -1;

    /// <summary>The maps of a network, each of whose arrays is the next one's number.</summary>
    /// <param name="network">A network.</param>
    /// <returns>Null where a network of this kind is not made of such maps.</returns>
    public static IReadOnlyList<SplineNetworkMap>? Of(NetworkShape network) => network switch
    {
        DenseNetworkShape dense => Of(dense),
        LayeredNetworkShape layered => Of(layered.Plan),
        _ => null,
    };

    /// <summary>True if it reads an array, or the array's activations.</summary>
    /// <param name="array">The array.</param>
    /// <param name="activated">Which.</param>
    public bool Reads(int array, bool activated) =>
        (Source == array && Activates == activated) || (!activated && (Other == array || Addend == array));

    private static SplineNetworkMap[] Of(DenseNetworkShape shape) =>
    [
        .. Enumerable.Range(0, shape.Layers).Select(layer => new SplineNetworkMap(
            shape.WeightOffset(layer),
            shape.BiasOffset(layer),
            0,
            shape.InputsOf(layer),
            shape.OutputsOf(layer),
            layer,
            false,
            layer == shape.HiddenLayers ? SplineNetworkKernels.Output : layer * shape.Hidden)
        {
            Ending = layer == shape.HiddenLayers ? SplineNetworkKernels.Store : SplineNetworkKernels.Rectify,
        }),
    ];

    // A sum follows the map that makes its last part.
    private static List<SplineNetworkMap> Of(LayeredNetworkPlan plan)
    {
        List<SplineNetworkMap> maps = [];
        int[] numbers = new int[plan.Widths.Count];
        foreach (NetworkStep step in plan.Steps)
        {
            if (step.Kind == NetworkStepKind.Linear)
            {
                NetworkLayer layer = plan.Layers[step.Layer];
                maps.Add(new(
                    layer.WeightOffset,
                    layer.BiasOffset,
                    layer.FirstInput,
                    layer.Inputs,
                    layer.Outputs,
                    numbers[step.Source],
                    step.Activates,
                    KeptOf(plan, step.Target)));
            }
            else
            {
                maps[^1] = maps[^1] with
                {
                    Ending = step.Kind switch
                    {
                        NetworkStepKind.Add => SplineNetworkKernels.Add,
                        NetworkStepKind.AddActivated => SplineNetworkKernels.AddActivated,
                        _ => SplineNetworkKernels.AddGated,
                    },
                    Other = numbers[step.Source],
                    Addend = step.Kind == NetworkStepKind.AddGated ? numbers[step.Addend] : -1,
                    KeptSum = maps[^1].Kept,
                    Kept = KeptOf(plan, step.Target),
                };
            }

            numbers[step.Target] = maps.Count;
        }

        return maps;
    }

    private static int KeptOf(LayeredNetworkPlan plan, int array) =>
        array == plan.Output ? SplineNetworkKernels.Output : plan.Widths.Skip(1).Take(array - 1).Sum();
}
