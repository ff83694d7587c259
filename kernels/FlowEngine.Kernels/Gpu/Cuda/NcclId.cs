using System.Runtime.CompilerServices;

namespace FlowEngine.Kernels.Gpu.Cuda;

/// <summary>What tells one group of GPUs from another, as NCCL passes it by value.</summary>
[InlineArray(Length)]
internal struct NcclId
{
    public const int Length = 128;

    private byte _first;
}
