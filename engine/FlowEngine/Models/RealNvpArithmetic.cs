using FlowEngine.Kernels;
using FlowEngine.Layers;

namespace FlowEngine.Models;

/// <summary>
/// Counts the arithmetic of a RealNVP; what is left out (exp, tanh, norms, priors) is below a few percent.
/// </summary>
public static class RealNvpArithmetic
{
    /// <summary>Floating-point operations of one image forward: 2 Σ P · multiplications of a pixel.</summary>
    /// <param name="options">The sizes.</param>
    public static double ForwardFlops(RealNvpOptions options)
    {
        double sum = 0;
        Flow flow = options.Build();
        ImageShape shape = flow.InputShape(1);
        foreach (FlowLevel level in flow.Levels)
        {
            foreach (IFlowLayer layer in level.Layers)
            {
                if (layer is MaskedCoupling coupling)
                {
                    sum += (double)shape.PixelsPerImage * coupling.Network.Shape.Multiplications;
                }

                shape = layer.OutputShape(shape);
            }

            shape = level.IsSplit ? shape.WithChannels(shape.Channels / 2) : shape;
        }

        return 2 * sum;
    }
}
