namespace FlowEngine.Tests.KernelCompiler;

/// <summary>What the PTX of a kernel says about it.</summary>
internal sealed record PtxKernel(string Name, PtxCounts Counts, int SharedBytes);
