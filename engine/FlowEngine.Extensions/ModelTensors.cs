using System.Numerics.Tensors;
using FlowEngine.Models;

namespace FlowEngine.Extensions;

/// <summary>
/// Inference on tensor spans: of images (B, H, W, C), (B, H, W) where they have one channel, or of rows (B, D). What is dense
/// is used in place, other strides are copied.
/// </summary>
public static class ModelTensors
{
    /// <param name="model">The model.</param>
    extension(Model model)
    {
        /// <summary>Log densities, nats.</summary>
        /// <param name="values">Scaled images, or rows.</param>
        /// <param name="condition">(B, N), or (N) for one of all; empty where the model has none.</param>
        /// <returns>(B).</returns>
        /// <exception cref="FlowException">The shape is not that of the model, or the model is not initialized.</exception>
        public double[] LogProb(in ReadOnlyTensorSpan<float> values, ReadOnlySpan<float> condition = default) =>
            model.LogProb(Flat(model, values), condition);

        /// <summary>Latents, by level.</summary>
        /// <param name="values">Scaled images, or rows.</param>
        /// <param name="condition">(B, N), or (N) for one of all; empty where the model has none.</param>
        /// <exception cref="FlowException">The shape is not that of the model, or the model is not initialized.</exception>
        public float[][] Forward(in ReadOnlyTensorSpan<float> values, ReadOnlySpan<float> condition = default) =>
            model.Forward(Flat(model, values), condition);

        /// <summary>Draws as many samples as a tensor has room for.</summary>
        /// <param name="values">Overwritten with scaled images, or rows.</param>
        /// <param name="temperature">Scales the latent noise.</param>
        /// <param name="seed">Sample i of a seed is always the same.</param>
        /// <param name="condition">(B, N), or (N) for one of all; empty where the model has none.</param>
        /// <exception cref="FlowException">The shape is not that of the model, or the model is not initialized.</exception>
        public void Sample(
            in TensorSpan<float> values, double temperature, ulong seed, ReadOnlySpan<float> condition = default)
        {
            RequireShape(model, values.Lengths);
            float[] drawn = model.Sample((int)values.Lengths[0], temperature, seed, condition: condition);
            new ReadOnlyTensorSpan<float>(drawn, values.Lengths).CopyTo(values);
        }
    }

    private static ReadOnlySpan<float> Flat(Model model, in ReadOnlyTensorSpan<float> values)
    {
        RequireShape(model, values.Lengths);
        int length = checked((int)values.FlattenedLength);
        if (values.IsDense && values.TryGetSpan(stackalloc nint[values.Rank], length, out ReadOnlySpan<float> inPlace))
        {
            return inPlace;
        }

        float[] copy = new float[length];
        values.FlattenTo(copy);
        return copy;
    }

    private static void RequireShape(Model model, ReadOnlySpan<nint> lengths)
    {
        Kernels.ImageShape image = model.Flow.InputShape(1);
        bool fits = lengths.Length switch
        {
            2 => lengths[1] == model.Flow.Dims,
            3 => lengths[1] == image.Height && lengths[2] == image.Width && image.Channels == 1,
            4 => lengths[1] == image.Height && lengths[2] == image.Width && lengths[3] == image.Channels,
            _ => false,
        };
        if (!fits)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"values are of shape ({string.Join(", ", lengths.ToArray())}), expected (B, {model.Flow.Dims}) or "
                + $"(B, {image.Height}, {image.Width}, {image.Channels})");
        }
    }
}
