using FlowEngine.Models;
using ILGPU;
using ILGPU.Runtime;

namespace FlowEngine.Ilgpu;

/// <summary>
/// Inference on views of an ILGPU accelerator, in place: of a model on the backend of
/// <see cref="AcceleratorBackends"/>. Every call reads what was queued on the stream before it, and what is queued on the
/// stream after it reads the results. On CUDA the call queues work and returns, on the CPU it computes.
/// </summary>
/// <remarks>
/// The results are those of the same functions on arrays, to the bit on the same device. Conditions are on the host: (B, N), or
/// (N) for one of all; empty where the model has none. Views may not overlap. A view that is not in the memory of the stream's
/// accelerator is an error; on CUDA a grey level that is not below bins gives NaN, on the CPU an error.
/// </remarks>
public static class ModelViews
{
    /// <param name="model">The model.</param>
    extension(Model model)
    {
        /// <summary>Log densities of scaled images, or of rows of continuous data, in nats.</summary>
        /// <param name="stream">The stream.</param>
        /// <param name="images">(B, H, W, C), scaled to [-0.5, 0.5), or rows (B, D).</param>
        /// <param name="logProb">(B), overwritten.</param>
        /// <param name="condition">The conditions.</param>
        /// <exception cref="FlowException">The lengths do not fit, the views are not the stream's, the model is on another
        /// device, or it is not initialized.</exception>
        public void LogProb(
            AcceleratorStream stream,
            ArrayView<float> images,
            ArrayView<double> logProb,
            ReadOnlySpan<float> condition = default) =>
            ViewCall.Run(model, stream, condition, call =>
            {
                ImageArray x = Images(call, images);
                CallerArray<double> result = call.Array(logProb, nameof(logProb));
                return () => call.Inference.LogProb(x, result);
            });

        /// <summary>Log densities of grey levels, dequantized, in nats.</summary>
        /// <param name="stream">The stream.</param>
        /// <param name="levels">(B, H, W, C).</param>
        /// <param name="seed">The seed of the noise.</param>
        /// <param name="firstIndex">The index of the first image.</param>
        /// <param name="logProb">(B), overwritten.</param>
        /// <param name="condition">The conditions.</param>
        /// <exception cref="FlowException">As for scaled images.</exception>
        public void LogProb(
            AcceleratorStream stream,
            ArrayView<byte> levels,
            ulong seed,
            uint firstIndex,
            ArrayView<double> logProb,
            ReadOnlySpan<float> condition = default) =>
            ViewCall.Run(model, stream, condition, call =>
            {
                ImageArray x = new(call.Array(levels, nameof(levels)), seed, firstIndex);
                CallerArray<double> result = call.Array(logProb, nameof(logProb));
                return () => call.Inference.LogProb(x, result);
            });

        /// <summary>The latents of all levels, of each datum one after the other, each flattened (h, w, c).</summary>
        /// <param name="stream">The stream.</param>
        /// <param name="images">(B, H, W, C), scaled to [-0.5, 0.5), or rows (B, D).</param>
        /// <param name="latents">(B, D), overwritten.</param>
        /// <param name="condition">The conditions.</param>
        /// <exception cref="FlowException">As for <c>LogProb</c>.</exception>
        public void Forward(
            AcceleratorStream stream,
            ArrayView<float> images,
            ArrayView<float> latents,
            ReadOnlySpan<float> condition = default) =>
            ViewCall.Run(model, stream, condition, call =>
            {
                ImageArray x = Images(call, images);
                LatentArray[] z = Rows(call, latents);
                return () => call.Inference.Forward(x, z);
            });

        /// <summary>The images of latents: the inverse of <c>Forward</c>.</summary>
        /// <param name="stream">The stream.</param>
        /// <param name="latents">(B, D).</param>
        /// <param name="images">(B, H, W, C), or rows (B, D), overwritten.</param>
        /// <param name="condition">The conditions.</param>
        /// <exception cref="FlowException">As for <c>LogProb</c>.</exception>
        public void Inverse(
            AcceleratorStream stream,
            ArrayView<float> latents,
            ArrayView<float> images,
            ReadOnlySpan<float> condition = default) =>
            ViewCall.Run(model, stream, condition, call =>
            {
                LatentArray[] z = Rows(call, latents);
                CallerArray<float> x = call.Array(images, nameof(images));
                return () => call.Inference.Inverse(z, x);
            });

        /// <summary>Draws as many images as a view has room for.</summary>
        /// <param name="stream">The stream.</param>
        /// <param name="temperature">Scales the latent noise.</param>
        /// <param name="seed">The seed; image i of a seed is always the same.</param>
        /// <param name="firstIndex">The index i of the first image.</param>
        /// <param name="images">(B, H, W, C), scaled, or rows (B, D), overwritten.</param>
        /// <param name="condition">The conditions.</param>
        /// <exception cref="FlowException">As for <c>LogProb</c>, or an argument is out of range.</exception>
        public void Sample(
            AcceleratorStream stream,
            double temperature,
            ulong seed,
            uint firstIndex,
            ArrayView<float> images,
            ReadOnlySpan<float> condition = default) =>
            ViewCall.Run(model, stream, condition, call =>
            {
                ImageArray x = Images(call, images);
                return () => call.Inference.Sample([temperature], seed, firstIndex, x);
            });
    }

    private static ImageArray Images(ViewCall call, ArrayView<float> images) => new(call.Array(images, nameof(images)));

    private static LatentArray[] Rows(ViewCall call, ArrayView<float> latents) =>
        LatentArray.OfRows(call.Model.Flow, call.Array(latents, nameof(latents)));
}
