namespace FlowEngine.Kernels.Device;

/// <summary>A tile of a linear map of a network that <see cref="SplineNetworkKernels"/> runs: some of its units, some of its inputs.</summary>
/// <remarks>Places are in shared memory; below 0 means none.</remarks>
/// <param name="Weight">Where the tile begins among the weights.</param>
/// <param name="Inputs">The distance of two units' weights.</param>
/// <param name="Depth">The inputs of the tile.</param>
/// <param name="Columns">The units of the tile.</param>
/// <param name="Source">The place of the first of these inputs.</param>
/// <param name="Begins">1 where the tile has the first inputs of its units.</param>
/// <param name="Ending">What the sums become where it has the last; <see cref="SplineNetworkKernels.Open"/> where it has not.</param>
/// <param name="Bias">Where the biases of its units begin among the weights.</param>
/// <param name="Target">The place of what its units give.</param>
/// <param name="Activated">The place of their activations.</param>
/// <param name="Other">The place of what is added to the units.</param>
/// <param name="Addend">The place of what the units are a gate of.</param>
/// <param name="Units">The units of the map.</param>
/// <param name="Unit">The first unit of the tile.</param>
/// <param name="KeptSum">Where among what is kept the sums go, in values of a row; below 0 where they do not.</param>
/// <param name="Kept">Where what the units give goes; <see cref="SplineNetworkKernels.Output"/> where it is the network's output.</param>
/// <param name="FirstMoved">The first value that the stage completes the raw numbers of.</param>
/// <param name="Moved">How many it does.</param>
internal readonly record struct NetworkStage(
    int Weight,
    int Inputs,
    int Depth,
    int Columns,
    int Source,
    int Begins,
    int Ending,
    int Bias,
    int Target,
    int Activated,
    int Other,
    int Addend,
    int Units,
    int Unit,
    int KeptSum,
    int Kept,
    int FirstMoved,
    int Moved);
