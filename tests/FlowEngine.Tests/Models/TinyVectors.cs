using FlowEngine.Architecture;
using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Priors;

namespace FlowEngine.Tests.Models;

/// <summary>Small models of vectors.</summary>
internal static class TinyVectors
{
    public static AutoregressiveOptions Maf(
        int columns = 5,
        int hidden = 9,
        int hiddenLayers = 2,
        Mixing mixing = Mixing.Reverse,
        bool batchNorm = false,
        int blocks = 2) => new()
        {
            Direction = AutoregressiveDirection.Density,
            Channels = columns,
            Blocks = blocks,
            Hidden = hidden,
            HiddenLayers = hiddenLayers,
            Mixing = mixing,
            BatchNorm = batchNorm,
        };

    public static AutoregressiveOptions Iaf(
        int columns = 5,
        int hidden = 9,
        int hiddenLayers = 2,
        Mixing mixing = Mixing.Reverse,
        bool batchNorm = false,
        int blocks = 2) =>
        Maf(columns, hidden, hiddenLayers, mixing, batchNorm, blocks) with { Direction = AutoregressiveDirection.Sample };

    public static NiceOptions Nice(
        int columns = 5, int hidden = 7, int hiddenLayers = 2, PriorKind prior = PriorKind.Logistic, int blocks = 3) => new()
        {
            Channels = columns,
            Blocks = blocks,
            Hidden = hidden,
            HiddenLayers = hiddenLayers,
            Prior = prior,
        };

    public static DenseGlowOptions DenseGlow(int columns = 5, int hidden = 7, int hiddenLayers = 2, int blocks = 2) => new()
    {
        Channels = columns,
        Blocks = blocks,
        Hidden = hidden,
        HiddenLayers = hiddenLayers,
    };

    public static SplineOptions Nsf(
        int columns = 5,
        int hidden = 7,
        int hiddenLayers = 2,
        bool autoregressive = false,
        Mixing mixing = Mixing.Lu,
        SplineParametrization spline = SplineParametrization.Zuko,
        int blocks = 2) => new()
        {
            Channels = columns,
            Blocks = blocks,
            Hidden = hidden,
            HiddenLayers = hiddenLayers,
            Autoregressive = autoregressive,
            Mixing = mixing,
            Spline = spline,
            SplineBins = 6,
            Bound = 3,
        };
}
