using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Priors;
using FlowEngine.Tensors;

namespace FlowEngine.Architecture;

/// <summary>
/// RealNVP (Dinh, Sohl-Dickstein and Bengio 2017), section 3.6: couplings of checkerboards and of channels.
/// </summary>
/// <remarks>
/// A logit transform; then each level but the last has three checkerboard couplings, a squeeze, three channel couplings,
/// and half the channels leave; the last has four checkerboard couplings. Batch normalization follows each coupling.
/// Before channels are halved, those of one diagonal of the squeezed blocks come first, so that both halves have all
/// colors. The number of hidden channels is the same on every level; the paper doubles it.
/// </remarks>
internal static class RealNvp
{
    private const int CouplingsOfKind = 3;
    private const int CouplingsOfLastLevel = 4;
    internal const double LogitMargin = 0.05;

    /// <summary>Builds the architecture of sizes that were checked.</summary>
    /// <param name="options">Its sizes.</param>
    /// <param name="parameters">Where its parameters go.</param>
    internal static Flow Build(RealNvpOptions options, ParameterSet parameters)
    {
        List<FlowLevel> levels = [];
        int channels = options.Channels;
        for (int l = 0; l < options.Levels; l++)
        {
            bool isSplit = l < options.Levels - 1;
            string level = $"levels.{l}";
            List<IFlowLayer> layers = [.. l == 0 ? options.FirstLayers() : []];
            int couplings = 0;
            for (int k = 0; k < (isSplit ? CouplingsOfKind : CouplingsOfLastLevel); k++)
            {
                AddCoupling(CouplingMask.Checkerboard(channels, (k + 1) % 2));
            }

            if (isSplit)
            {
                channels *= 4;
                layers.Add(new Squeeze($"{level}.squeeze"));
                layers.Add(new Permutation(parameters, $"{level}.permutation", channels, Permutation.Diagonals));
                for (int k = 0; k < CouplingsOfKind; k++)
                {
                    AddCoupling(CouplingMask.Half(channels, movesFirst: k % 2 == 1));
                }
            }

            channels = isSplit ? channels / 2 : channels;
            IPrior prior = new StandardPrior($"{level}.prior", PriorKind.Gaussian);
            if (options.Condition is { IntoPrior: true } condition)
            {
                int squeezed = isSplit ? l + 1 : l;
                ImageShape latent = new(1, options.Height >> squeezed, options.Width >> squeezed, channels);
                prior = new ConditionPrior(parameters, prior, condition.Length, latent);
            }

            levels.Add(new FlowLevel(layers, prior, isSplit));

            void AddCoupling(CouplingMask mask)
            {
                string name = $"{level}.couplings.{couplings}";
                ResidualNetworkShape network = new(
                    mask.InputChannels(channels), options.Hidden, options.Blocks, mask.OutputChannels);
                layers.Add(new MaskedCoupling(
                    parameters, name, channels, mask, new Network(parameters, name, network)));
                layers.Add(new BatchNorm(parameters, $"{level}.batchnorms.{couplings}", channels));
                couplings++;
            }
        }

        return new Flow(parameters, levels, options.Height, options.Width, options.Channels)
        {
            ConditionLength = options.Condition?.Length ?? 0,
        };
    }
}
