using FlowEngine.Kernels;
using FlowEngine.Layers;

namespace FlowEngine.Execution;

/// <summary>ActNorm, 1x1 convolution and coupling: what the fused operations run as one.</summary>
internal sealed record FlowStep(ActNorm ActNorm, InvertibleConv1x1 Convolution, CouplingLayer Coupling, PixelNetwork Network)
{
    public int Channels => Coupling.Channels;

    public PixelAffineParameters AffineParameters(in LayerContext context) =>
        ActNorm.With(context, Convolution, gradients: false);

    public PixelAffineParameters AffineGradients(in LayerContext context) =>
        ActNorm.With(context, Convolution, gradients: true);

    /// <summary>Groups the layers of a level: a run of steps where the pattern fits, else single layers.</summary>
    public static IEnumerable<object> Group(IReadOnlyList<IFlowLayer> layers)
    {
        List<FlowStep> run = [];
        for (int i = 0; i < layers.Count; i++)
        {
            if (i + 2 < layers.Count
                && layers[i] is ActNorm actNorm
                && layers[i + 1] is InvertibleConv1x1 convolution
                && layers[i + 2] is CouplingLayer { Network: PixelNetwork network } coupling)
            {
                run.Add(new FlowStep(actNorm, convolution, coupling, network));
                i += 2;
                continue;
            }

            if (run.Count > 0)
            {
                yield return run;
                run = [];
            }

            yield return layers[i];
        }

        if (run.Count > 0)
        {
            yield return run;
        }
    }
}
