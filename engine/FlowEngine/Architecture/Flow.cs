using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Tensors;

namespace FlowEngine.Architecture;

/// <summary>The architecture of a flow: its levels and the names and shapes of its parameters, without their values.</summary>
/// <param name="Parameters">Every parameter of every layer.</param>
/// <param name="Levels">The scales, finest first.</param>
/// <param name="Height">Rows of an image.</param>
/// <param name="Width">Columns of an image.</param>
/// <param name="Channels">Channels of an image.</param>
public sealed record Flow(
    ParameterSet Parameters, IReadOnlyList<FlowLevel> Levels, int Height, int Width, int Channels)
{
    /// <summary>Numbers of a datum's condition, N; 0 for none.</summary>
    public int ConditionLength { get; init; }

    /// <summary>Dimensions of one image, D.</summary>
    public int Dims => Height * Width * Channels;

    /// <summary>The most images that are computed at once: 65536, or as many as are 2^31 - 1 values.</summary>
    internal int LargestBatch => Math.Min(1 << 16, int.MaxValue / Dims);

    /// <summary>The dimensions of one datum's latents, by level.</summary>
    internal IReadOnlyList<int> LatentDims => [.. LatentShapes(1).Select(shape => shape.Dims)];

    /// <summary>
    /// Floating-point operations of one datum forward. What is left out (exp, tanh, norms, priors) is below a few percent.
    /// </summary>
    public double ForwardFlops
    {
        get
        {
            double sum = 0;
            ImageShape shape = InputShape(1);
            foreach (FlowLevel level in Levels)
            {
                foreach (IFlowLayer layer in level.Layers)
                {
                    sum += layer.Multiplications(shape);
                    shape = layer.OutputShape(shape);
                }

                shape = level.IsSplit ? shape.WithChannels(shape.Channels / 2) : shape;
            }

            return 2 * sum;
        }
    }

    /// <summary>Every layer, in the order of the forward pass.</summary>
    public IEnumerable<IFlowLayer> Layers => Levels.SelectMany(level => level.Layers);

    /// <summary>The shape of a batch of images.</summary>
    /// <param name="batch">Images.</param>
    public ImageShape InputShape(int batch) => new(batch, Height, Width, Channels);

    /// <summary>The shapes of the latents of a batch, in level order.</summary>
    /// <param name="batch">Images.</param>
    public ImageShape[] LatentShapes(int batch)
    {
        ImageShape[] shapes = new ImageShape[Levels.Count];
        ImageShape shape = InputShape(batch);
        for (int l = 0; l < shapes.Length; l++)
        {
            shape = Levels[l].Layers.Aggregate(shape, (current, layer) => layer.OutputShape(current));
            shape = Levels[l].IsSplit ? shape.WithChannels(shape.Channels / 2) : shape;
            shapes[l] = shape;
        }

        return shapes;
    }

    /// <summary>Checks that a batch has statistics to be trained by: of one value the deviation is 0.</summary>
    /// <exception cref="FlowException">A batch normalization would see one pixel, or a part of the batch.</exception>
    internal void RequireStatistics(int batch, int shards)
    {
        ImageShape shape = InputShape(batch);
        foreach (FlowLevel level in Levels)
        {
            foreach (IFlowLayer layer in level.Layers)
            {
                if (layer is BatchNorm && shards > 1)
                {
                    throw new FlowException(
                        FlowErrorKind.Unsupported,
                        $"{layer.Name} normalizes by the statistics of the whole batch, which {shards} shards do not have: "
                        + "expected 1 shard, or a model without batch normalization");
                }

                if (layer is BatchNorm && shape.Batch * shape.PixelsPerImage < 2)
                {
                    throw new FlowException(
                        FlowErrorKind.InvalidArgument,
                        $"batch is {batch}, and {layer.Name} normalizes by the batch's deviation: expected 2 or more");
                }

                shape = layer.OutputShape(shape);
            }

            shape = level.IsSplit ? shape.WithChannels(shape.Channels / 2) : shape;
        }
    }

    /// <summary>Checks that so many images can be computed at once.</summary>
    /// <exception cref="FlowException">They are too many, or none.</exception>
    internal void RequireBatch(int batch)
    {
        if (batch < 1 || (long)batch * Dims > int.MaxValue)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"a batch of {batch} images of {Dims} values is not in 1 to 2^31 - 1 values");
        }
    }

    /// <summary>The values of so many images, in one array.</summary>
    /// <exception cref="FlowException">No array holds as many.</exception>
    internal int LengthOf(long count) => SizeCheck.ArrayLength($"{count} images of {Dims} values", count, Dims);
}
