using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Onnx.Format;
using FlowEngine.Onnx.Networks;
using FlowEngine.Priors;

namespace FlowEngine.Onnx.Priors;

/// <summary>The nodes of a prior: the density of a latent, and the latent of standard noise.</summary>
internal sealed class PriorNodes(IPrior prior, ImageShape latent, Translation translation)
{
    /// <summary>Adds the log density of a latent.</summary>
    /// <param name="z">The latent.</param>
    /// <param name="kept">The half of a split that stays; null where there is none.</param>
    /// <param name="logProb">Added to.</param>
    public void LogProb(OnnxValue z, OnnxValue? kept, LogDensity logProb)
    {
        if (prior.Kind == PriorKind.Logistic)
        {
            logProb.Add(translation.SumOfDatum(-(z.Softplus() + (-z).Softplus())));
            return;
        }

        if (prior.Kind == PriorKind.Uniform)
        {
            double[] bounds = Values(prior);
            (double[] least, double[] most) = (bounds[..latent.Dims], bounds[latent.Dims..]);
            OnnxValue above = translation.PerChannel(least).AtMost(z).ToNumber();
            OnnxValue below = z.AtMost(translation.PerChannel(most)).ToNumber();

            // The logarithm is -∞ where one of the two is 0.
            logProb.Add(translation.SumOfDatum((above * below).Log()));
            logProb.Add(-least.Zip(most, (a, b) => Math.Log(b - a)).Sum());
            return;
        }

        OnnxValue noise = z;
        if (MeanAndLogScale(kept) is (OnnxValue mean, OnnxValue logScale))
        {
            noise = (z - mean) * (-logScale).Exp();
            logProb.Add(-translation.SumOfDatum(logScale));
        }

        logProb.Add(-0.5 * translation.SumOfDatum(noise * noise));
        logProb.Add(-0.5 * latent.Dims * Math.Log(2 * Math.PI));
    }

    /// <summary>The latent of noise: what the noise of a standard distribution becomes.</summary>
    /// <param name="noise">Standard Gaussian or logistic numbers, or uniform ones between the bounds of the prior.</param>
    /// <param name="kept">The half of a split that stays; null where there is none.</param>
    public OnnxValue Sample(OnnxValue noise, OnnxValue? kept) =>
        prior.Kind is not (PriorKind.Logistic or PriorKind.Uniform) && MeanAndLogScale(kept) is (OnnxValue mean, OnnxValue logScale)
            ? mean + (logScale.Exp() * noise)
            : noise;

    // Null for a standard Gaussian.
    private (OnnxValue Mean, OnnxValue LogScale)? MeanAndLogScale(OnnxValue? kept)
    {
        if (prior.Kind is not (PriorKind.Gaussian or PriorKind.Diagonal))
        {
            throw Translation.Unsupported($"the prior {prior.Name} is of the kind {prior.Kind}, for which there are no nodes");
        }

        OnnxValue? both = Both(prior, kept);
        return both is OnnxValue found
            ? (found.Channels(0, latent.Channels), found.Channels(latent.Channels, latent.Channels))
            : null;
    }

    // Means and then log scales, on the axis of the channels; null for zeros.
    private OnnxValue? Both(IPrior of, OnnxValue? kept)
    {
        if (!of.IsConditional)
        {
            return Constant(of);
        }

        switch (of)
        {
            case ConvolutionPrior convolution:
                return NetworkNodes.Of(convolution.Network, of.Name, latent, translation).Apply(kept!.Value);
            case ConditionPrior condition:
                OnnxValue added = OfCondition(condition);
                return Both(condition.Inner, kept) is OnnxValue inner ? inner + added : added;
            default:
                throw Translation.Unsupported($"the prior {of.Name} is a {of.GetType().Name}, for which there are no nodes");
        }
    }

    // What the condition adds, (B, 2C, h, w) or (B, 2D).
    private OnnxValue OfCondition(ConditionPrior condition)
    {
        ImageShape both = latent.WithChannels(2 * latent.Channels);
        double[] rows = [.. translation.Read(condition.Weight).Chunk(both.Dims).SelectMany(row => Translation.ChannelsFirst(row, both))];
        OnnxValue product = translation.Graph.Node(
            "MatMul",
            [translation.Condition!.Value, translation.Graph.Constant(rows, rows.Length / both.Dims, both.Dims)]);
        return translation.IsOfVectors ? product : product.Reshape(0, both.Channels, both.Height, both.Width);
    }

    private OnnxValue? Constant(IPrior of)
    {
        ImageShape both = latent.WithChannels(2 * latent.Channels);
        double[] values = Values(of);
        return values.All(value => value == 0) ? null
            : translation.IsOfVectors ? translation.Graph.Constant(values, 1, both.Channels)
            : translation.Graph.Constant(
                Translation.ChannelsFirst(values, both), 1, both.Channels, both.Height, both.Width);
    }

    // What a prior gives that reads nothing.
    private double[] Values(IPrior of)
    {
        LayerContext context = translation.Context(0, of.WorkspaceLength(translation.Backend, latent));
        BufferView result = translation.Write(new double[2 * latent.Dims]);
        of.Forward(context, latent, default, result);
        return translation.Read(result);
    }
}
