using FlowEngine.Kernels;
using FlowEngine.Tensors;

namespace FlowEngine.Layers;

/// <summary>
/// Hands out the memory of a pass, part by part, or only counts it where there is none yet: what a layer declares once
/// gives the views of its passes and the lengths they need.
/// </summary>
/// <param name="workspace">Scratch memory; empty to count.</param>
/// <param name="kept">What the forward pass keeps; empty to count.</param>
/// <param name="keeps">True where the forward pass keeps what the backward pass reads; false where that is scratch
/// memory.</param>
internal struct LayerMemory(BufferView workspace, BufferView kept, bool keeps)
{
    /// <summary>True where the forward pass keeps what the backward pass reads.</summary>
    public readonly bool Keeps => keeps;

    /// <summary>The scratch memory taken so far, in elements.</summary>
    public long WorkspaceLength { get; private set; }

    /// <summary>The elements kept so far.</summary>
    public long KeptLength { get; private set; }

    /// <summary>A part of the scratch memory.</summary>
    /// <param name="length">Its elements.</param>
    public BufferView Take(long length)
    {
        BufferView part = workspace.IsEmpty ? default : workspace.Slice(WorkspaceLength, length);
        WorkspaceLength += CacheLine.Aligned(length);
        return part;
    }

    /// <summary>What the forward pass leaves to the backward pass.</summary>
    /// <param name="length">Its elements.</param>
    public BufferView Keep(long length)
    {
        if (!keeps)
        {
            return Take(length);
        }

        BufferView part = kept.IsEmpty ? default : kept.Slice(KeptLength, length);
        KeptLength += CacheLine.Aligned(length);
        return part;
    }
}
