using FlowEngine.Kernels;

namespace FlowEngine.Conformance.Operations;

/// <summary>Does the work of one case with arrays from <paramref name="buffers"/> and says what to compare.</summary>
internal delegate OperationOutputs Operation(OperationBuffers buffers, ImageShape shape);
