using FlowEngine.Kernels;

namespace FlowEngine.Layers;

/// <summary>
/// What stands inside a coupling: any function from the first half of the channels to shifts and scales. It need not be
/// invertible, so unlike a layer it keeps what its backward pass reads.
/// </summary>
public interface ICouplingNetwork
{
    /// <summary>Channels of the output.</summary>
    int OutputChannels { get; }

    /// <inheritdoc cref="IFlowLayer.PreparedLength"/>
    long PreparedLength(IBackend backend);

    /// <inheritdoc cref="IFlowLayer.Prepare"/>
    void Prepare(in LayerContext context);

    /// <summary>The elements a forward pass keeps for the backward pass.</summary>
    /// <param name="backend">Where the network runs.</param>
    /// <param name="image">The shape of the coupling's input.</param>
    long KeptLength(IBackend backend, ImageShape image);

    /// <inheritdoc cref="IFlowLayer.WorkspaceLength"/>
    long WorkspaceLength(IBackend backend, ImageShape input, bool backward);

    /// <summary>Sets what depends on data, layer by layer, from a batch.</summary>
    /// <param name="context">Weights to write; its prepared weights are overwritten.</param>
    /// <param name="image">The shape of <paramref name="x"/>.</param>
    /// <param name="x">The coupling's input.</param>
    /// <param name="kept">Scratch of <see cref="KeptLength"/> elements.</param>
    void Initialize(in LayerContext context, ImageShape image, BufferView x, BufferView kept);

    /// <summary>x₁ to the output.</summary>
    /// <param name="context">Prepared weights and scratch memory.</param>
    /// <param name="image">The shape of <paramref name="x"/>.</param>
    /// <param name="x">The coupling's input, (B, H, W, C); the first half of the channels is read.</param>
    /// <param name="output">(B, H, W, OutputChannels), overwritten.</param>
    /// <param name="kept">For the backward pass, or empty.</param>
    void Forward(in LayerContext context, ImageShape image, BufferView x, BufferView output, BufferView kept);

    /// <summary>The gradients of the parameters (+=) and of x₁ (+=).</summary>
    /// <param name="context">Prepared weights, gradients and scratch memory.</param>
    /// <param name="image">The shape of <paramref name="x"/>.</param>
    /// <param name="x">The coupling's input.</param>
    /// <param name="kept">What the forward pass kept; may be overwritten.</param>
    /// <param name="dOutput">The gradient of the output.</param>
    /// <param name="dx">(B, H, W, C); the first half of the channels is added to.</param>
    void Backward(
        in LayerContext context, ImageShape image, BufferView x, BufferView kept, BufferView dOutput, BufferView dx);
}
