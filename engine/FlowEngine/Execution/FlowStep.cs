using FlowEngine.Kernels;
using FlowEngine.Layers;

namespace FlowEngine.Execution;

/// <summary>ActNorm, 1x1 convolution and coupling: what the fused operations run as one.</summary>
internal sealed record FlowStep(ActNorm ActNorm, InvertibleConv1x1 Convolution, CouplingLayer Coupling)
{
    private const int LayersOfStep = 3;

    public int Channels => Coupling.Channels;

    public Network Network => Coupling.Network;

    public PixelAffineParameters AffineParameters(in LayerContext context) =>
        ActNorm.With(context, Convolution, gradients: false);

    public PixelAffineParameters AffineGradients(in LayerContext context) =>
        ActNorm.With(context, Convolution, gradients: true);

    /// <summary>Groups the layers of a level: a <see cref="StepRun"/> where it fits, else single layers.</summary>
    public static IEnumerable<LayerGroup> Group(IReadOnlyList<IFlowLayer> layers)
    {
        int i = 0;
        while (i < layers.Count)
        {
            Squeeze? squeeze = layers[i] as Squeeze;
            int next = squeeze is null ? i : i + 1;
            List<FlowStep> steps = [];
            while (At(layers, next) is FlowStep step)
            {
                steps.Add(step);
                next += LayersOfStep;
            }

            yield return steps.Count > 0 ? new StepRun(squeeze, steps) : new SingleLayer(layers[i]);
            i = steps.Count > 0 ? next : i + 1;
        }
    }

    private static FlowStep? At(IReadOnlyList<IFlowLayer> layers, int i) =>
        i + LayersOfStep <= layers.Count
        && layers[i] is ActNorm actNorm
        && layers[i + 1] is InvertibleConv1x1 convolution
        && layers[i + 2] is CouplingLayer { Network.Shape: PixelNetworkShape } coupling
            ? new FlowStep(actNorm, convolution, coupling)
            : null;
}
