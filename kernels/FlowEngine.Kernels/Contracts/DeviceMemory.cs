namespace FlowEngine.Kernels;

/// <summary>The memory that a backend's buffers come from.</summary>
/// <param name="FreeBytes">What is free.</param>
/// <param name="TotalBytes">All of it.</param>
public readonly record struct DeviceMemory(long FreeBytes, long TotalBytes);
