using FlowEngine.Kernels;

namespace FlowEngine.Conformance.Operations;

/// <summary>What an operation wrote: arrays with a part for each image, and arrays shared by the whole batch.</summary>
internal sealed class OperationOutputs
{
    public List<(string Name, BufferView View, bool PerImage)> Items { get; } = [];

    public OperationOutputs PerImage(string name, BufferView view)
    {
        Items.Add((name, view, true));
        return this;
    }

    public OperationOutputs Shared(string name, BufferView view)
    {
        Items.Add((name, view, false));
        return this;
    }
}
