using FlowEngine.Kernels;

namespace FlowEngine.Execution;

/// <summary>
/// One part of a level's work, over buffers reserved beforehand. Its inverse and backward pass may destroy y and dy.
/// </summary>
internal abstract class PlanStage(ImageShape input, ImageShape output)
{
    public ImageShape Input { get; } = input;

    public ImageShape Output { get; } = output;

    public abstract void Forward(BufferView x, BufferView y, BufferView logDet);

    public abstract void Inverse(BufferView y, BufferView x);

    /// <summary>From y and dy to x, recomputed, and dx. What opens a level finds x as it was forward.</summary>
    /// <param name="y">Read; destroyed.</param>
    /// <param name="dy">Read; destroyed.</param>
    /// <param name="dLogDet">(B).</param>
    /// <param name="x">Overwritten.</param>
    /// <param name="dx">Overwritten.</param>
    /// <param name="passed">Called whenever more gradients of parameters are final. Null: what <see cref="StepsStage.Assemblies"/>
    /// tells of is left to be done.</param>
    public abstract void Backward(
        BufferView y, BufferView dy, BufferView dLogDet, BufferView x, BufferView dx, Action? passed);
}
