namespace FlowEngine.Kernels.Device;

/// <summary>The part of a memory that a view may touch.</summary>
/// <param name="Storage">The memory.</param>
/// <param name="Start">The first byte.</param>
/// <param name="LengthInBytes">The number of bytes.</param>
/// <param name="Name">What the kernel calls it, for messages.</param>
internal sealed record DeviceRange(DeviceStorage Storage, long Start, long LengthInBytes, string Name);
