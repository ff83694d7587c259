using FlowEngine.Kernels;

namespace FlowEngine.Execution;

/// <summary>A named part of an <see cref="Arena"/>, known by its length before the arena is allocated.</summary>
internal sealed class ArenaRegion(string name)
{
    public string Name { get; } = name;

    public long Length { get; set; }

    public BufferView View { get; set; }
}
