using FlowEngine.Kernels.Gpu;

namespace FlowEngine.Tests.Gpu;

/// <summary>A module whose text is given.</summary>
internal sealed class TextModule(string name, byte[] source, string cudaHash) : KernelModule
{
    public override string Name => name;

    public override ReadOnlySpan<byte> Source => source;

    public override string CudaHash => cudaHash;
}
