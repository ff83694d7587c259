namespace FlowEngine.Kernels;

/// <summary>One step of a <see cref="LayeredNetworkShape"/> from arrays of values to another; each is written once.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Target">The array it makes.</param>
/// <param name="Source">The array it reads.</param>
/// <param name="Layer">Of a linear map, which.</param>
/// <param name="Activates">Of a linear map, true if it reads act(source).</param>
/// <param name="Addend">Of a sum, the array that is added.</param>
/// <param name="Gate">Of a gated sum, the array whose sigmoid the addend is times.</param>
internal readonly record struct NetworkStep(
    NetworkStepKind Kind, int Target, int Source, int Layer = -1, bool Activates = false, int Addend = -1, int Gate = -1);
