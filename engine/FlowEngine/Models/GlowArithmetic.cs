using FlowEngine.Kernels;

namespace FlowEngine.Models;

/// <summary>Counts the arithmetic of a Glow; what is left out (exp, ActNorm, priors) is below a percent.</summary>
public static class GlowArithmetic
{
    /// <summary>Floating-point operations of one image forward: 2 · Σ_levels P · K · (network + C²).</summary>
    /// <param name="glow">The sizes.</param>
    public static double ForwardFlops(GlowOptions glow)
    {
        double sum = 0;
        double pixels = (double)glow.Height * glow.Width;
        double channels = glow.Channels;
        for (int level = 0; level < glow.Levels; level++)
        {
            pixels /= 4;
            channels *= 4;
            double outputs = glow.Coupling == CouplingKind.Affine ? channels : channels / 2;
            double network = 9 * channels / 2 * glow.Hidden
                + (double)glow.Hidden * glow.Hidden
                + glow.Hidden * 9 * outputs;
            sum += pixels * glow.Steps * (network + channels * channels);
            channels /= 2;
        }

        return 2 * sum;
    }
}
