using FlowEngine.Kernels;

namespace FlowEngine.Layers;

/// <summary>One invertible map of a flow, with its LogDet and a hand-derived backward pass.</summary>
/// <remarks>
/// <para>
/// <see cref="Backward"/> takes y, recomputes x and returns both x and dx: a flow needs no stack of activations.
/// Where recomputing is costly a layer keeps x instead (<see cref="KeptLength"/>).
/// Gradients of parameters accumulate (+=); x and dx are overwritten. <c>dLogDet</c> is an argument, so any loss of y
/// and LogDet can be differentiated.
/// </para>
/// <para>
/// A model runs the three layers of a step of Glow as one, in <c>StepsStage</c>, and calls none of their passes: to stop in
/// a layer with a debugger, set <see cref="Models.Model.FusesSteps"/> to false. Every other layer runs by these passes.
/// </para>
/// <para>Arrays are (B, H, W, C); LogDet is (B), in nats, and is added to. No array may overlap another.</para>
/// </remarks>
public interface IFlowLayer
{
    /// <summary>
    /// The path of this layer in the model, such as <c>levels.0.steps.3.actnorm</c>. The names of its parameters begin with it,
    /// and no other layer adds to their gradients.
    /// </summary>
    string Name { get; }

    /// <summary>The shape of y.</summary>
    /// <param name="input">The shape of x.</param>
    ImageShape OutputShape(ImageShape input);

    /// <summary>Multiplications of one datum forward, where they are more than a few for each of its values.</summary>
    /// <param name="input">The shape of x.</param>
    double Multiplications(ImageShape input) => 0;

    /// <summary>The elements <see cref="Prepare"/> fills.</summary>
    /// <param name="backend">Where the layer runs.</param>
    long PreparedLength(IBackend backend);

    /// <summary>
    /// Turns the weights into the form the passes read: packed, folded, inverted. Again after each update.
    /// </summary>
    /// <param name="context">Weights, and where the result goes.</param>
    void Prepare(in LayerContext context);

    /// <summary>The scratch memory a pass needs, in elements.</summary>
    /// <param name="backend">Where the layer runs.</param>
    /// <param name="input">The shape of x.</param>
    /// <param name="backward">True if <see cref="Backward"/> runs too.</param>
    long WorkspaceLength(IBackend backend, ImageShape input, bool backward);

    /// <summary>The elements that the forward pass keeps for the backward pass.</summary>
    /// <param name="backend">Where the layer runs.</param>
    /// <param name="input">The shape of x.</param>
    /// <param name="store">True where memory may grow with depth; false to keep only what cannot be recomputed at the
    /// cost of a pass.</param>
    long KeptLength(IBackend backend, ImageShape input, bool store) => 0;

    /// <summary>
    /// Sets what depends on data (ActNorm) from a batch. Layers without such parameters do nothing.
    /// </summary>
    /// <param name="context">Weights to write.</param>
    /// <param name="input">The shape of <paramref name="x"/>.</param>
    /// <param name="x">The batch as it reaches this layer.</param>
    void Initialize(in LayerContext context, ImageShape input, BufferView x);

    /// <summary>x to y.</summary>
    /// <param name="context">Prepared weights and scratch memory.</param>
    /// <param name="input">The shape of <paramref name="x"/>.</param>
    /// <param name="x">Input.</param>
    /// <param name="y">Output.</param>
    /// <param name="logDet">(B), added to.</param>
    void Forward(in LayerContext context, ImageShape input, BufferView x, BufferView y, BufferView logDet);

    /// <summary>y to x.</summary>
    /// <param name="context">Prepared weights and scratch memory.</param>
    /// <param name="input">The shape of <paramref name="x"/>.</param>
    /// <param name="y">Input.</param>
    /// <param name="x">Output.</param>
    void Inverse(in LayerContext context, ImageShape input, BufferView y, BufferView x);

    /// <summary>(y, dy, dLogDet) to (x, dx), and the gradients of the parameters.</summary>
    /// <param name="context">Prepared weights, gradients and scratch memory.</param>
    /// <param name="input">The shape of <paramref name="x"/>.</param>
    /// <param name="y">The output of the forward pass.</param>
    /// <param name="dy">Its gradient.</param>
    /// <param name="dLogDet">(B).</param>
    /// <param name="x">The input, recomputed.</param>
    /// <param name="dx">Its gradient.</param>
    void Backward(
        in LayerContext context,
        ImageShape input,
        BufferView y,
        BufferView dy,
        BufferView dLogDet,
        BufferView x,
        BufferView dx);
}
