using FlowEngine.Kernels;

namespace FlowEngine.Tests.Backends;

/// <summary>What an operation wrote: arrays with a part for each image, and arrays shared by the whole batch.</summary>
public sealed class Outputs
{
    public List<(string Name, BufferView View, bool PerImage)> Items { get; } = [];

    public Outputs PerImage(string name, BufferView view)
    {
        Items.Add((name, view, true));
        return this;
    }

    public Outputs Shared(string name, BufferView view)
    {
        Items.Add((name, view, false));
        return this;
    }
}
