using FlowEngine.Kernels;
using FlowEngine.Tensors;

namespace FlowEngine.Layers;

/// <summary>
/// What a layer runs with: the device, the model's flat buffers, and this layer's share of scratch memory.
/// </summary>
/// <param name="Backend">Where it runs.</param>
/// <param name="Weights">The trained values of the whole model.</param>
/// <param name="Constants">The constants of the whole model.</param>
/// <param name="Gradients">The gradients of the whole model; empty outside training.</param>
/// <param name="Prepared">What <see cref="IFlowLayer.Prepare"/> made of this layer's weights.</param>
/// <param name="Workspace">Scratch memory.</param>
/// <param name="Kept">What the forward pass of this layer keeps for its backward pass; empty outside
/// training.</param>
/// <param name="Condition">The condition of each datum of the batch, (B, N); empty where the model has none.</param>
/// <param name="ConditionGradient">The gradient of the condition, (B, N), added to by backward passes; empty where nobody
/// asks.</param>
/// <param name="UsesBatchStatistics">True while a model is trained: batch normalization uses each batch's own
/// statistics.</param>
/// <param name="SkipsInverse">True while a model that stores activations is trained: nothing asks for an inverse, so
/// that <see cref="IFlowLayer.Prepare"/> may leave it out where the layer keeps its input.</param>
public readonly record struct LayerContext(
    IBackend Backend,
    BufferView Weights,
    BufferView Constants,
    BufferView Gradients,
    BufferView Prepared,
    BufferView Workspace,
    BufferView Kept = default,
    BufferView Condition = default,
    BufferView ConditionGradient = default,
    bool UsesBatchStatistics = false,
    bool SkipsInverse = false)
{
    /// <summary>The values of a parameter or constant.</summary>
    /// <param name="parameter">The parameter.</param>
    public BufferView Value(Parameter parameter) => parameter.In(parameter.IsConstant ? Constants : Weights);

    /// <summary>The gradient of a parameter; empty for a constant.</summary>
    /// <param name="parameter">The parameter.</param>
    public BufferView Gradient(Parameter parameter) => parameter.IsConstant ? default : parameter.In(Gradients);
}
