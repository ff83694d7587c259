using FlowEngine.Architecture;

namespace FlowEngine.Models;

/// <summary>Densities, latents and samples of a model, for arrays in host memory. <see cref="DeviceInference"/> has them for
/// arrays on a GPU.</summary>
/// <remarks>The number of images is free: they run in batches of <see cref="Model.BatchSize"/>, which does not change any
/// result.</remarks>
public static unsafe class ModelInference
{
    /// <param name="model">The model.</param>
    extension(Model model)
    {
        /// <summary>Log densities of images scaled to [-0.5, 0.5), or of rows of a model of continuous data, in nats.</summary>
        /// <param name="images">(B, H, W, C).</param>
        /// <param name="condition">(B, N), or (N) for one of all; empty where the model has none.</param>
        /// <returns>(B); -∞ for a datum so far out that a value on its way to the latents leaves the range of float32.</returns>
        /// <exception cref="FlowException">The length is not a whole number of images, or the model is not initialized.</exception>
        public double[] LogProb(ReadOnlySpan<float> images, ReadOnlySpan<float> condition = default)
        {
            double[] result = new double[model.CountOf(images.Length)];
            fixed (float* x = images, c = condition)
            fixed (double* y = result)
            {
                Run(model, c, condition.Length)
                    .LogProb(new ImageArray(Array(x, images.Length)), Array(y, result.Length));
            }

            return result;
        }

        /// <summary>Log densities of images given as grey levels, dequantized with uniform noise, in nats.</summary>
        /// <param name="levels">Levels 0 to bins - 1, (B, H, W, C).</param>
        /// <param name="seed">The seed of the noise.</param>
        /// <param name="firstIndex">The index of the first image: the noise of an image depends only on its index.</param>
        /// <param name="condition">(B, N), or (N) for one of all; empty where the model has none.</param>
        /// <returns>(B), of the data scaled to [-0.5, 0.5).</returns>
        /// <exception cref="FlowException">The length is not a whole number of images, or the model is not initialized.</exception>
        public double[] LogProb(
            ReadOnlySpan<byte> levels, ulong seed, uint firstIndex = 0, ReadOnlySpan<float> condition = default)
        {
            double[] result = new double[model.CountOf(levels.Length)];
            fixed (byte* x = levels)
            fixed (float* c = condition)
            fixed (double* y = result)
            {
                Run(model, c, condition.Length)
                    .LogProb(new ImageArray(Array(x, levels.Length), seed, firstIndex), Array(y, result.Length));
            }

            return result;
        }

        /// <summary>Log densities and their gradients: what Hamiltonian samplers, optimizers of data and attributions need.</summary>
        /// <param name="images">(B, H, W, C), scaled to [-0.5, 0.5), or rows of continuous data.</param>
        /// <param name="gradient">d log p / d image, (B, H, W, C), overwritten.</param>
        /// <param name="condition">(B, N), or (N) for one of all; empty where the model has none.</param>
        /// <param name="conditionGradient">d log p / d condition, (B, N), overwritten; empty if it is not wanted.</param>
        /// <returns>The log densities, (B), nats.</returns>
        /// <exception cref="FlowException">A length is another, or the model is not initialized.</exception>
        public double[] LogProbGradient(
            ReadOnlySpan<float> images,
            Span<float> gradient,
            ReadOnlySpan<float> condition = default,
            Span<float> conditionGradient = default)
        {
            double[] result = new double[model.CountOf(images.Length)];
            int conditions = model.Flow.ConditionLength;
            if (gradient.Length != images.Length)
            {
                throw new FlowException(
                    FlowErrorKind.InvalidArgument,
                    $"the gradient has {gradient.Length} values, expected {images.Length}");
            }

            if (conditionGradient.Length != 0 && conditionGradient.Length != (long)result.Length * conditions)
            {
                throw new FlowException(
                    FlowErrorKind.InvalidArgument,
                    $"the gradient of the condition has {conditionGradient.Length} values, expected "
                    + $"{(long)result.Length * conditions}");
            }

            fixed (float* x = images, c = condition, dx = gradient, dc = conditionGradient)
            fixed (double* y = result)
            {
                Run(model, c, condition.Length).LogProbGradient(
                    Array(x, images.Length),
                    Array(y, result.Length),
                    Array(dx, gradient.Length),
                    Array(dc, conditionGradient.Length));
            }

            return result;
        }

        /// <summary>Log densities of images, or of rows of continuous data, under every class.</summary>
        /// <remarks>
        /// Where only the priors read the class, the latents are computed once and then every class's prior. With the
        /// logarithms of the classes' frequencies added, the largest of a row is the answer of the classifier by Bayes'
        /// rule.
        /// </remarks>
        /// <param name="images">(B, H, W, C), scaled to [-0.5, 0.5).</param>
        /// <returns>(B, N), nats.</returns>
        /// <exception cref="FlowException">As for <c>LogProb</c>, or the model is not of classes.</exception>
        public double[] ClassLogProb(ReadOnlySpan<float> images)
        {
            double[] result = ClassResult(model, images.Length);
            fixed (float* x = images)
            fixed (double* y = result)
            {
                Run(model).ClassLogProb(new ImageArray(Array(x, images.Length)), Array(y, result.Length));
            }

            return result;
        }

        /// <summary>The same of images given as grey levels, with one draw of noise for all classes.</summary>
        /// <param name="levels">Levels 0 to bins - 1, (B, H, W, C).</param>
        /// <param name="seed">The seed of the noise.</param>
        /// <param name="firstIndex">The index of the first image.</param>
        /// <returns>(B, N), nats.</returns>
        /// <exception cref="FlowException">As for scaled images.</exception>
        public double[] ClassLogProb(ReadOnlySpan<byte> levels, ulong seed, uint firstIndex = 0)
        {
            double[] result = ClassResult(model, levels.Length);
            fixed (byte* x = levels)
            fixed (double* y = result)
            {
                Run(model).ClassLogProb(
                    new ImageArray(Array(x, levels.Length), seed, firstIndex), Array(y, result.Length));
            }

            return result;
        }

        /// <summary>Grey levels to scaled images, with the noise that <c>LogProb</c> adds.</summary>
        /// <param name="levels">Levels 0 to bins - 1, (B, H, W, C).</param>
        /// <param name="seed">The seed of the noise.</param>
        /// <param name="firstIndex">The index of the first image.</param>
        /// <returns>(B, H, W, C), scaled to [-0.5, 0.5).</returns>
        /// <exception cref="FlowException">The length is not a whole number of images, or a level is not below bins.</exception>
        public float[] Dequantize(ReadOnlySpan<byte> levels, ulong seed, uint firstIndex = 0)
        {
            model.CountOf(levels.Length);
            float[] images = new float[levels.Length];
            fixed (byte* x = levels)
            fixed (float* y = images)
            {
                Run(model).Dequantize(
                    new ImageArray(Array(x, levels.Length), seed, firstIndex), Array(y, images.Length));
            }

            return images;
        }

        /// <summary>Scaled values to grey levels, clamped to the range of the data; NaN becomes 0.</summary>
        /// <param name="images">Scaled to [-0.5, 0.5).</param>
        /// <returns>Levels 0 to bins - 1.</returns>
        /// <exception cref="FlowException">The model is of continuous data.</exception>
        public byte[] Quantize(ReadOnlySpan<float> images)
        {
            byte[] levels = new byte[images.Length];
            HostCallerMemory.Quantize(images, model.Bins, levels);
            return levels;
        }

        /// <summary>The latents of images scaled to [-0.5, 0.5): one array per level, raw.</summary>
        /// <param name="images">(B, H, W, C).</param>
        /// <param name="condition">(B, N), or (N) for one of all; empty where the model has none.</param>
        /// <returns>By level, (B, h, w, c) of <see cref="Flow.LatentShapes"/>.</returns>
        /// <exception cref="FlowException">As for <c>LogProb</c>.</exception>
        public float[][] Forward(ReadOnlySpan<float> images, ReadOnlySpan<float> condition = default) =>
            Forward(model, images, condition, areStandard: false, logProb: []);

        /// <summary>The latents of images as their priors have them: under the model every value is standard.</summary>
        /// <param name="images">(B, H, W, C), scaled to [-0.5, 0.5).</param>
        /// <param name="logProb">The log densities of the images, nats.</param>
        /// <param name="condition">(B, N), or (N) for one of all; empty where the model has none.</param>
        /// <returns>By level, (B, h, w, c) of <see cref="Flow.LatentShapes"/>: (z - m) e^(-q) of a prior of mean m and log
        /// scale q.</returns>
        /// <exception cref="FlowException">As for <c>LogProb</c>.</exception>
        public float[][] Standardize(
            ReadOnlySpan<float> images, out double[] logProb, ReadOnlySpan<float> condition = default)
        {
            logProb = new double[model.CountOf(images.Length)];
            return Forward(model, images, condition, areStandard: true, logProb);
        }

        /// <summary>The images of latents: the inverse of <c>Forward</c>.</summary>
        /// <remarks>
        /// In float32 an image comes back to about 1e-5 over 32 steps. On a backend of reduced precision it is 2e-3 (TF32)
        /// or 8e-3 (bf16): encode and decode in float32, which backends open with.
        /// </remarks>
        /// <param name="latents">By level, as <c>Forward</c> gives them.</param>
        /// <param name="condition">(B, N), or (N) for one of all; empty where the model has none.</param>
        /// <returns>(B, H, W, C), scaled.</returns>
        /// <exception cref="FlowException">The lengths do not fit the model, or it is not initialized.</exception>
        public float[] Inverse(IReadOnlyList<float[]> latents, ReadOnlySpan<float> condition = default) =>
            Inverse(model, latents, condition, areStandard: false);

        /// <summary>The images of latents as their priors have them: the inverse of <c>Standardize</c>.</summary>
        /// <param name="latents">By level, as <c>Standardize</c> gives them.</param>
        /// <param name="condition">(B, N), or (N) for one of all; empty where the model has none.</param>
        /// <returns>(B, H, W, C), scaled.</returns>
        /// <exception cref="FlowException">The lengths do not fit the model, or it is not initialized.</exception>
        public float[] Destandardize(IReadOnlyList<float[]> latents, ReadOnlySpan<float> condition = default) =>
            Inverse(model, latents, condition, areStandard: true);

        /// <summary>Draws images.</summary>
        /// <param name="count">How many.</param>
        /// <param name="temperature">Scales the latent noise: 1 draws from the model, less gives likelier images.</param>
        /// <param name="seed">The seed; image i of a seed is always the same.</param>
        /// <param name="firstIndex">The index i of the first image.</param>
        /// <param name="condition">(count, N), or (N) for one of all; empty where the model has none.</param>
        /// <returns>(count, H, W, C), scaled; quantize with <c>Quantize</c>.</returns>
        /// <exception cref="FlowException">An argument is out of range, the images are more than one array holds, or the
        /// model is not initialized.</exception>
        public float[] Sample(
            int count, double temperature, ulong seed, uint firstIndex = 0, ReadOnlySpan<float> condition = default) =>
            model.Sample(count, [temperature], seed, firstIndex, condition);

        /// <summary>Draws images with a temperature for each level.</summary>
        /// <param name="count">How many.</param>
        /// <param name="temperatures">What scales the latent noise: one for each level, the finest first; or one of all.</param>
        /// <param name="seed">The seed; image i of a seed is always the same.</param>
        /// <param name="firstIndex">The index i of the first image.</param>
        /// <param name="condition">(count, N), or (N) for one of all; empty where the model has none.</param>
        /// <returns>(count, H, W, C), scaled; quantize with <c>Quantize</c>.</returns>
        /// <exception cref="FlowException">As for one temperature.</exception>
        public float[] Sample(
            int count,
            ReadOnlySpan<double> temperatures,
            ulong seed,
            uint firstIndex = 0,
            ReadOnlySpan<float> condition = default)
        {
            if (count < 1)
            {
                throw new FlowException(
                    FlowErrorKind.InvalidArgument, $"{count} samples were asked for, expected at least 1");
            }

            float[] images = new float[model.Flow.LengthOf(count)];
            fixed (float* y = images, c = condition)
            {
                Run(model, c, condition.Length)
                    .Sample(temperatures, seed, firstIndex, new ImageArray(Array(y, images.Length)));
            }

            return images;
        }
    }

    private static double[] ClassResult(Model model, long length)
    {
        int classes = model.RequireClasses().Length;
        long count = model.CountOf(length);
        return new double[SizeCheck.ArrayLength($"log densities of {count} images of {classes} classes", count, classes)];
    }

    private static float[][] Forward(
        Model model, ReadOnlySpan<float> images, ReadOnlySpan<float> condition, bool areStandard, double[] logProb)
    {
        long count = model.CountOf(images.Length);
        float[][] latents = [.. model.Flow.LatentDims.Select(dims => new float[count * dims])];
        using PinnedLevels levels = new(latents);
        fixed (float* x = images, c = condition)
        fixed (double* y = logProb)
        {
            Run(model, c, condition.Length, areStandard).Forward(
                new ImageArray(Array(x, images.Length)),
                LatentArray.OfLevels(model.Flow, levels.Arrays, count),
                Array(y, logProb.Length));
        }

        return latents;
    }

    private static float[] Inverse(
        Model model, IReadOnlyList<float[]> latents, ReadOnlySpan<float> condition, bool areStandard)
    {
        int count = latents.Count > 0 ? latents[0].Length / model.Flow.LatentDims[0] : 0;
        using PinnedLevels levels = new(latents);
        LatentArray[] z = LatentArray.OfLevels(model.Flow, levels.Arrays, count);
        float[] images = new float[model.Flow.LengthOf(count)];
        fixed (float* x = images, c = condition)
        {
            Run(model, c, condition.Length, areStandard).Inverse(z, Array(x, images.Length));
        }

        return images;
    }

    private static InferenceRun Run(
        Model model, float* condition = null, int conditionLength = 0, bool areStandard = false) =>
        new(model, new HostCallerMemory(model.Backend))
        {
            Condition = Array(condition, conditionLength),
            AreStandard = areStandard,
        };

    private static CallerArray<T> Array<T>(T* pointer, int length)
        where T : unmanaged => new(pointer, length);
}
