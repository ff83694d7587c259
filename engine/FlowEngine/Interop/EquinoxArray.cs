namespace FlowEngine.Interop;

/// <summary>One array of an Equinox file.</summary>
/// <param name="IsMask">True if its elements are truth values.</param>
/// <param name="Shape">Its shape; a Python number has none.</param>
/// <param name="Values">Its elements, row-major.</param>
internal sealed record EquinoxArray(bool IsMask, long[] Shape, double[] Values);
