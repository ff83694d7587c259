using FlowEngine.Architecture;
using FlowEngine.Checkpoints;
using FlowEngine.Kernels;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Layers;
using FlowEngine.Models;

namespace FlowEngine.Compression;

/// <summary>The code that a model is: every layer's, in the order of the forward pass, and the priors'.</summary>
/// <remarks>
/// Encoding an image pops its dequantization noise, passes the layers, and pushes the latents; decoding is the exact
/// reverse. Up to the noise of the grid the net length is the image's code length under the model,
/// D log₂ bins - LogProb / ln 2.
/// </remarks>
internal sealed class FlowCode : IDisposable
{
    private readonly Model _model;
    private readonly CpuBackend _backend;
    private readonly NetworkBuffers _buffers;
    private readonly LevelsCode _levels;
    private readonly List<(ILayerCode Code, ImageShape Input)> _steps = [];
    private readonly int _mostBlocks;

    /// <summary>Prepares the code of a model. No trainer changes its weights until this is disposed of.</summary>
    /// <exception cref="FlowException">The model is of continuous data, not on the CPU, or has a layer without a code.</exception>
    internal FlowCode(Model model)
    {
        _model = model;
        _backend = model.Backend as CpuBackend ?? throw Unfit(
            $"on the device {model.Backend.Name}: only the device cpu computes the same bits everywhere, expected it");
        _levels = new LevelsCode(model.Config.Options.Bins ?? throw Unfit("of continuous data, expected grey levels"));
        if (model.Config.Options.Kind.Refusal(model.Config.Options, ModelUse.Compression) is string reason)
        {
            throw Unfit(reason);
        }

        if (!model.Config.IsInitialized)
        {
            throw Unfit("not initialized on data: train it, or load trained weights");
        }

        _mostBlocks = model.BatchSize;
        _buffers = new NetworkBuffers(_backend);
        model.Lease.EnterReadLock();
        try
        {
            Build();
            NamedTensor[] tensors = SafetensorsFile.InStorageOrder([.. model.Tensors(model.Weights)]);
            ModelHash = Convert.FromHexString(Sha256.OfTensors(tensors));
        }
        catch (CodingException exception)
        {
            Dispose();
            throw Unfit($"broken, {exception.Message}: its weights hold NaN or infinity");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The SHA-256 of the model's tensors, the same as in its checkpoint.</summary>
    internal byte[] ModelHash { get; }

    /// <summary>Pushes every image of the blocks but the first, which the stacks begin with.</summary>
    internal void Encode(IReadOnlyList<Chain> chains)
    {
        foreach (Chain[] part in chains.Chunk(_mostBlocks))
        {
            for (int image = 1; image < part.Max(chain => chain.Count); image++)
            {
                int index = image;
                ChainBatch batch = new(_backend, part.Where(chain => index < chain.Count));
                batch.ForEach((chain, _) => _levels.Encode(chain, index));
                foreach ((ILayerCode code, ImageShape input) in _steps)
                {
                    code.Encode(batch, input with { Batch = batch.Count });
                }

                _model.Computed?.Invoke(batch.Count);
            }
        }
    }

    /// <summary>Pops every image of the blocks but the first.</summary>
    internal void Decode(IReadOnlyList<Chain> chains)
    {
        foreach (Chain[] part in chains.Chunk(_mostBlocks))
        {
            for (int image = part.Max(chain => chain.Count) - 1; image > 0; image--)
            {
                int index = image;
                ChainBatch batch = new(_backend, part.Where(chain => index < chain.Count));
                if (part.All(chain => chain.Fault is not null))
                {
                    break;
                }

                foreach ((ILayerCode code, ImageShape input) in Enumerable.Reverse(_steps))
                {
                    code.Decode(batch, input with { Batch = batch.Count });
                }

                batch.ForEach((chain, _) => _levels.Decode(chain, index));
                _model.Computed?.Invoke(batch.Count);
            }
        }
    }

    public void Dispose()
    {
        foreach ((ILayerCode code, _) in _steps)
        {
            (code as IDisposable)?.Dispose();
        }

        _buffers.Dispose();
        _model.Lease.ExitReadLock();
    }

    private void Build()
    {
        LayerContext context = _model.Context;
        ImageShape shape = _model.Flow.InputShape(1);
        foreach (FlowLevel level in _model.Flow.Levels)
        {
            for (int i = 0; i < level.Layers.Count; i++)
            {
                IFlowLayer layer = level.Layers[i];
                ILayerCode code;
                if (layer is ActNorm actNorm && i + 1 < level.Layers.Count
                    && level.Layers[i + 1] is InvertibleConv1x1 convolution)
                {
                    code = new PixelAffineCode(_backend, actNorm.With(context, convolution, gradients: false));
                    i++;
                }
                else
                {
                    code = layer switch
                    {
                        Squeeze => new SqueezeCode(),
                        ElementwiseLayer { Map.Formulae: LogitMap { Parameter: >= LogitCode.LeastMargin } logit } =>
                            new LogitCode(logit.Parameter),
                        PixelAffineLayer affine => new PixelAffineCode(_backend, affine.Parameters(context)),
                        CouplingLayer coupling => new CouplingCode(coupling, context, _buffers),
                        _ => throw Unfit($"one with the layer {layer.Name}, for which there is no code"),
                    };
                }

                _steps.Add((code, shape));
                shape = layer.OutputShape(shape);
            }

            int kept = level.IsSplit ? shape.Channels / 2 : 0;
            ImageShape latent = shape.WithChannels(shape.Channels - kept);
            _steps.Add((new PriorCode(level.Prior, context, _buffers, kept), latent));
            shape = shape.WithChannels(kept);
        }
    }

    private static FlowException Unfit(string what) =>
        new(FlowErrorKind.InvalidArgument, $"images cannot be compressed with this model: it is {what}");
}
