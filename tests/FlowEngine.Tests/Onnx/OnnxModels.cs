using FlowEngine.Architecture;
using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Priors;
using FlowEngine.Tests.Models;

namespace FlowEngine.Tests.Onnx;

/// <summary>Small models of every kind, with every layer, network, map and prior.</summary>
internal static class OnnxModels
{
    private static readonly ConditionOptions _classes = new(3, IsClass: true, ConditionInto.Both);
    private static readonly ConditionOptions _numbers = new(2, IsClass: false, ConditionInto.Both);

    public static IReadOnlyDictionary<string, IModelOptions> All { get; } = new Dictionary<string, IModelOptions>
    {
        ["glow"] = TinyGlow.Options(),
        ["glow of color"] = TinyGlow.Options(height: 4, width: 12, channels: 3),
        ["glow with additive couplings"] = TinyGlow.Options(coupling: CouplingKind.Additive, levels: 1),
        ["glow of preset rosinality"] = TinyGlow.Options(GlowPreset.Rosinality),
        ["glow of classes"] = TinyGlow.Options().WithCondition(_classes),
        ["realnvp"] = TinyRealNvp.Options(),
        ["realnvp of classes"] = TinyRealNvp.Options(channels: 3, levels: 1)
            .WithCondition(_classes with { Into = ConditionInto.Prior }),
        ["maf"] = TinyVectors.Maf(),
        ["maf with mixed columns"] = TinyVectors.Maf(mixing: Mixing.Lu, batchNorm: true),
        ["maf of numbers"] = TinyVectors.Maf().WithCondition(_numbers),
        ["iaf"] = TinyVectors.Iaf(mixing: Mixing.Random),
        ["iaf of numbers"] = TinyVectors.Iaf().WithCondition(_numbers),
        ["nice"] = TinyVectors.Nice(),
        ["nice of images"] = TinyVectors.Nice(prior: PriorKind.Gaussian).WithShape(new DataShape(2, 3, 1, 17)),
        ["nice of classes"] = TinyVectors.Nice(prior: PriorKind.Gaussian).WithCondition(_classes),
        ["dense-glow"] = TinyVectors.DenseGlow(),
        ["dense-glow of numbers"] = TinyVectors.DenseGlow().WithCondition(_numbers),
        ["nsf"] = TinyVectors.Nsf(),
        ["nsf of nflows"] = TinyVectors.Nsf(spline: SplineParametrization.Nflows, mixing: Mixing.Reverse),
        ["nsf with residual networks of numbers"] = (TinyVectors.Nsf() with { Residual = true, Activation = Activation.Gelu })
            .WithCondition(_numbers),
        ["nsf autoregressive"] = TinyVectors.Nsf(autoregressive: true),
        ["nsf autoregressive of numbers"] =
            (TinyVectors.Nsf(autoregressive: true) with { Residual = true, Activation = Activation.Silu }).WithCondition(_numbers),
        ["transforms"] = Transforms(
            PriorKind.Diagonal,
            new Transform("asinh"),
            new Transform("actnorm"),
            new Transform("linear"),
            new Transform("permutation") { Order = TransformOrder.Random },
            new Transform("affine_coupling") { Hidden = 7 },
            new Transform("batch_norm"),
            new Transform("additive_coupling") { Hidden = 7 },
            new Transform("scale"),
            new Transform("autoregressive") { Hidden = 7, Direction = AutoregressiveDirection.Sample }),
        ["transforms under a uniform prior"] = Transforms(
            PriorKind.Uniform,
            new Transform("monotonic_coupling") { Hidden = 7, Map = TransformMap.SplineFlowjax },
            new Transform("monotonic_autoregressive") { Hidden = 7, Map = TransformMap.AffineFlowjax }),
        ["transforms without networks"] = Transforms(PriorKind.Gaussian, new Transform("permutation")),
        ["transforms of grey levels"] = new TransformsOptions
        {
            Channels = 4,
            Bins = 17,
            Transforms = [new Transform("logit"), new Transform("linear")],
        },
        ["transforms with monotonic maps"] = Transforms(
            PriorKind.Logistic,
            [
                .. Enum.GetValues<Activation>().Select((activation, i) => new Transform("monotonic_coupling")
                {
                    Hidden = 7, Activation = activation, Map = (TransformMap)i, Passing = 1 + (i % 4),
                }),
                new Transform("monotonic_autoregressive") { Hidden = 7, Activation = Activation.Tanh, Map = TransformMap.AffineZuko },
            ]),
    };

    private static TransformsOptions Transforms(PriorKind prior, params Transform[] transforms) =>
        new() { Channels = 5, Prior = prior, Transforms = transforms };
}
