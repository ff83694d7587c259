namespace FlowEngine.Kernels.Device;

/// <summary>A fault of a kernel, on its way from the thread that made it to the launch.</summary>
/// <param name="line">Where in the source.</param>
/// <param name="fault">What happened.</param>
internal sealed class KernelFaultException(SourceLine line, string fault) : Exception($"{line}: {fault}");
