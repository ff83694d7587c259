namespace FlowEngine.Kernels.Device;

/// <summary>Three products in a chain: gathered rows to hidden ones, hidden to hidden, hidden to the last.</summary>
/// <param name="Hidden">N.</param>
/// <param name="Columns">The columns of the last product.</param>
/// <param name="Products">How many are computed; the result of the last is written as it is.</param>
/// <param name="Stride">The distance of rows in shared memory, in words.</param>
/// <param name="Keep">1 if the hidden activations are written.</param>
internal readonly record struct NetworkChain(
    int Hidden, int Columns, int Products, int Stride, int Keep);
