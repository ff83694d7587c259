using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Priors;
using FlowEngine.Tensors;

namespace FlowEngine.Architecture;

/// <summary>The sizes of a Glow of vectors.</summary>
/// <remarks>
/// Each block is an ActNorm, an invertible linear map kept as an LU decomposition and an affine coupling of a dense
/// network. The prior is the standard Gaussian.
/// </remarks>
public sealed record DenseGlowOptions : BlockOptions
{
    /// <summary>The kind; no publication has sizes.</summary>
    public static ModelKind Description { get; } = new ModelKind<DenseGlowOptions>
    {
        Name = "dense-glow",
        Title = "Glow of vectors: ActNorm, a learned linear map and an affine coupling in each block",
        Data = DataKind.Vectors,
        Settings = SharedSettings,
        Default = shape => new DenseGlowOptions
        {
            Height = shape.Height,
            Width = shape.Width,
            Channels = shape.Channels,
            Bins = shape.Bins,
            Blocks = 10,
            Hidden = 256,
            HiddenLayers = 2,
        },
        Fit = options => options.CheckDims(),
        Construct = (options, parameters) => options.Assemble(parameters),
    };

    /// <inheritdoc/>
    public override ModelKind Kind => Description;

    private Flow Assemble(ParameterSet parameters)
    {
        List<IFlowLayer> layers = [];
        for (int block = 0; block < Blocks; block++)
        {
            string name = $"blocks.{block}";
            layers.Add(new ActNorm(parameters, $"{name}.actnorm", Dims));
            layers.Add(Mixings.Build(Mixing.Lu, parameters, name, Dims));
            layers.Add(Coupling(parameters, $"{name}.coupling", CouplingKind.Affine));
        }

        return Compose(parameters, layers, PriorKind.Gaussian);
    }
}
