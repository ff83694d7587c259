using FlowEngine.Kernels;
using FlowEngine.Kernels.Cpu;

namespace FlowEngine.Benchmarks;

/// <summary>Copies one array to another, one part a thread.</summary>
internal readonly unsafe struct CopyJob(BufferView source, BufferView destination, int parts) : IJob
{
    public BufferView Source { get; } = source;

    public BufferView Destination { get; } = destination;

    public void Invoke(int index, int worker)
    {
        long first = Source.Length * index / parts;
        long length = (Source.Length * (index + 1) / parts) - first;
        float* from = CpuBackend.Pointer(Source, Source.Length) + first;
        float* to = CpuBackend.Pointer(Destination, Source.Length) + first;
        Buffer.MemoryCopy(from, to, length * sizeof(float), length * sizeof(float));
    }
}
