namespace FlowEngine.Kernels.Gpu;

/// <summary>An argument of a launch: a run of device memory, or a place among the launch's values.</summary>
/// <param name="Memory">The memory, or null for a value.</param>
/// <param name="OffsetInBytes">Where it starts.</param>
/// <param name="LengthInBytes">Its size.</param>
internal readonly record struct KernelArgument(GpuMemory? Memory, long OffsetInBytes, long LengthInBytes);
