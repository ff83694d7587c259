using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Priors;
using FlowEngine.Tensors;

namespace FlowEngine.Architecture;

/// <summary>Glow (Kingma and Dhariwal 2018): levels of squeeze, K steps and a split.</summary>
/// <remarks>
/// The steps run fused, in <c>StepsStage</c>: a breakpoint in <see cref="AffineCoupling"/> is hit where
/// <see cref="Models.Model.FusesSteps"/> is false.
/// </remarks>
internal static class Glow
{
    /// <summary>Builds the architecture of sizes that were checked.</summary>
    /// <param name="options">Its sizes.</param>
    /// <param name="parameters">Where its parameters go.</param>
    internal static Flow Build(GlowOptions options, ParameterSet parameters)
    {
        List<FlowLevel> levels = [];
        int channels = options.Channels;
        for (int l = 0; l < options.Levels; l++)
        {
            channels *= 4;
            List<IFlowLayer> layers = [.. l == 0 ? options.FirstLayers() : [], new Squeeze($"levels.{l}.squeeze")];
            for (int k = 0; k < options.Steps; k++)
            {
                string step = $"levels.{l}.steps.{k}";
                layers.Add(new ActNorm(parameters, $"{step}.actnorm", channels));
                layers.Add(new InvertibleConv1x1(parameters, $"{step}.invconv", channels));
                layers.Add(BuildCoupling(parameters, $"{step}.coupling", channels, options));
            }

            bool isSplit = l < options.Levels - 1;
            IPrior prior = BuildPrior(parameters, l, channels, isSplit, options);
            channels = isSplit ? channels / 2 : channels;
            if (options.Condition is { IntoPrior: true } condition)
            {
                ImageShape latent = new(1, options.Height >> (l + 1), options.Width >> (l + 1), channels);
                prior = new ConditionPrior(parameters, prior, condition.Length, latent);
            }

            levels.Add(new FlowLevel(layers, prior, isSplit));
        }

        return new Flow(parameters, levels, options.Height, options.Width, options.Channels)
        {
            ConditionLength = options.Condition?.Length ?? 0,
        };
    }

    private static CouplingLayer BuildCoupling(
        ParameterSet parameters, string name, int channels, GlowOptions options)
    {
        bool isRosinality = options.Preset == GlowPreset.Rosinality;
        int conditions = options.Condition is { IntoNetworks: true } condition ? condition.Length : 0;
        PixelNetworkShape shape = new(
            conditions + (channels / 2),
            options.Hidden,
            CouplingLayer.OutputChannels(options.Coupling, channels),
            InnerActNorm: !isRosinality,
            OutsideReadsOne: isRosinality,
            conditions);
        Network network = new(parameters, name, shape);
        return options.Coupling == CouplingKind.Affine
            ? new AffineCoupling(name, channels, network)
            : new AdditiveCoupling(name, channels, network);
    }

    private static IPrior BuildPrior(
        ParameterSet parameters, int level, int channels, bool isSplit, GlowOptions options)
    {
        bool isRosinality = options.Preset == GlowPreset.Rosinality;
        return isSplit
            ? new ConvolutionPrior(parameters, $"levels.{level}.split.prior", channels / 2, true, isRosinality)
            : isRosinality
                ? new ConvolutionPrior(parameters, $"levels.{level}.prior", channels, false, true)
                : new ChannelPrior(parameters, $"levels.{level}.prior", channels);
    }
}
