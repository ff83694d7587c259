using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Priors;

namespace FlowEngine.Compression;

/// <summary>A latent, coded by its Gaussian: e^(-q) (z - m) is one more affine map, and what it gives is standard normal.</summary>
/// <param name="prior">Where its mean and log scale come from.</param>
/// <param name="context">Device and weights.</param>
/// <param name="buffers">What the prior runs in.</param>
/// <param name="firstChannel">Where z begins: behind the channels that stay, which a conditional prior reads.</param>
internal sealed class PriorCode(IPrior prior, LayerContext context, NetworkBuffers buffers, int firstChannel)
    : ILayerCode
{
    /// <summary>Pushes the latent.</summary>
    /// <param name="batch">The blocks.</param>
    /// <param name="latent">The shape of z.</param>
    public void Encode(ChainBatch batch, ImageShape latent)
    {
        float[] gaussian = Gaussian(batch, latent);
        batch.ForEach((chain, i) =>
        {
            int pixels = latent.PixelsPerImage;
            for (int c = 0; c < latent.Channels; c++)
            {
                Span<double> plane = chain.Plane(pixels, firstChannel + c);
                LocalCode.Subtract(plane, Means(chain, i, latent, c, gaussian));
                LocalCode.Scale(chain.Stack, plane, Scales(chain, i, latent, c, gaussian));
                NormalCode.Encode(chain.Stack, plane);
            }
        });
    }

    /// <summary>Pops it.</summary>
    /// <param name="batch">The blocks.</param>
    /// <param name="latent">The shape of z.</param>
    public void Decode(ChainBatch batch, ImageShape latent)
    {
        float[] gaussian = Gaussian(batch, latent);
        batch.ForEach((chain, i) =>
        {
            int pixels = latent.PixelsPerImage;
            for (int c = latent.Channels - 1; c >= 0; c--)
            {
                Span<double> plane = chain.Plane(pixels, firstChannel + c);
                NormalCode.Decode(chain.Stack, plane);
                LocalCode.Unscale(chain.Stack, plane, Scales(chain, i, latent, c, gaussian));
                LocalCode.Add(plane, Means(chain, i, latent, c, gaussian));
                LocalCode.RequireInRange(plane);
            }
        });
    }

    /// <summary>(priorBatch, H, W, 2C), the mean first.</summary>
    private float[] Gaussian(ChainBatch batch, ImageShape latent)
    {
        BufferView kept = prior.IsConditional ? buffers.WriteInput(batch, latent, latent.Channels) : default;
        ImageShape shape = prior.IsConditional ? latent : latent with { Batch = 1 };
        BufferView output = buffers.Output(2 * shape.Length);
        BufferView workspace = buffers.Workspace(prior.WorkspaceLength(context.Backend, shape));
        prior.Forward(context with { Workspace = workspace }, shape, kept, output);
        return buffers.ReadOutput(output);
    }

    private ReadOnlySpan<double> Means(Chain chain, int image, ImageShape latent, int channel, float[] gaussian)
    {
        Span<double> means = chain.Shifts(latent.PixelsPerImage);
        Gather(means, image, latent, channel, gaussian, LocalCode.CellsPerUnit);
        LocalCode.Round(means);
        return means;
    }

    private ReadOnlySpan<GridScale> Scales(Chain chain, int image, ImageShape latent, int channel, float[] gaussian)
    {
        Gather(chain.Factors(latent.PixelsPerImage), image, latent, latent.Channels + channel, gaussian, -1);
        return chain.Scales(latent.PixelsPerImage, PortableMath.Exp);
    }

    private void Gather(
        Span<double> values, int image, ImageShape latent, int channel, float[] gaussian, double factor)
    {
        int stride = 2 * latent.Channels;
        int first = (prior.IsConditional ? image * latent.PixelsPerImage * stride : 0) + channel;
        for (int p = 0; p < values.Length; p++)
        {
            values[p] = gaussian[first + (p * stride)] * factor;
        }
    }
}
