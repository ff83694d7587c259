using FlowEngine.Architecture;
using FlowEngine.Kernels.Gpu;

namespace FlowEngine.Models;

/// <summary>
/// Inference on arrays in the memory of a model's GPU. The calls queue work and return: nothing goes through the host, and
/// no call waits for the device.
/// </summary>
/// <remarks>
/// The results are those of <see cref="ModelInference"/>'s functions of the same names for arrays in host memory, to the
/// bit on the same device. Only the first call, and the first after the weights change, prepares weights. Arrays may not
/// overlap, unless they are one and the same.
/// </remarks>
public sealed unsafe class DeviceInference
{
    private readonly Model _model;
    private readonly GpuCallerMemory _memory;
    private readonly float[] _condition;

    /// <summary>For a model that is on a GPU.</summary>
    /// <param name="model">The model.</param>
    /// <param name="condition">The conditions of the data of every call, as <see cref="ModelInference"/> takes them, on the
    /// host; null for none.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.InvalidArgument"/>: it is on another device.</exception>
    public DeviceInference(Model model, float[]? condition = null)
    {
        _model = model;
        _condition = condition ?? [];
        _memory = model.Backend is GpuBackend gpu
            ? new GpuCallerMemory(gpu)
            : throw new FlowException(
                FlowErrorKind.InvalidArgument, $"the model runs on the {model.Backend.Name}, which has no device memory");
    }

    /// <summary>Log densities of scaled images, in nats.</summary>
    /// <param name="images">(B, H, W, C), scaled to [-0.5, 0.5).</param>
    /// <param name="logProb">(B), overwritten; NaN, not -∞, where latents leave the range of float32.</param>
    /// <exception cref="FlowException">The lengths do not fit, or the model is not initialized.</exception>
    public void LogProb(GpuView<float> images, GpuView<double> logProb) =>
        Run(run => run.LogProb(Images(images), Array(logProb)));

    /// <summary>Log densities of grey levels, dequantized; NaN for an image with a level that is not below bins.</summary>
    /// <param name="levels">(B, H, W, C).</param>
    /// <param name="seed">The seed of the noise.</param>
    /// <param name="firstIndex">The index of the first image.</param>
    /// <param name="logProb">(B), overwritten.</param>
    /// <exception cref="FlowException">As for scaled images.</exception>
    public void LogProb(GpuView<byte> levels, ulong seed, uint firstIndex, GpuView<double> logProb) =>
        Run(run => run.LogProb(Images(levels, seed, firstIndex), Array(logProb)));

    /// <summary>Bits per dimension of scaled images.</summary>
    /// <param name="images">(B, H, W, C), scaled to [-0.5, 0.5).</param>
    /// <param name="bits">(B), overwritten.</param>
    /// <exception cref="FlowException">The lengths do not fit, or the model is not initialized.</exception>
    public void BitsPerDim(GpuView<float> images, GpuView<double> bits) =>
        Run(run => run.BitsPerDim(Images(images), Array(bits)));

    /// <summary>Bits per dimension of grey levels, as <see cref="LogProb(GpuView{byte}, ulong, uint, GpuView{double})"/>.</summary>
    /// <param name="levels">(B, H, W, C).</param>
    /// <param name="seed">The seed of the noise.</param>
    /// <param name="firstIndex">The index of the first image.</param>
    /// <param name="bits">(B), overwritten.</param>
    /// <exception cref="FlowException">As for scaled images.</exception>
    public void BitsPerDim(GpuView<byte> levels, ulong seed, uint firstIndex, GpuView<double> bits) =>
        Run(run => run.BitsPerDim(Images(levels, seed, firstIndex), Array(bits)));

    /// <summary>Grey levels to scaled images; NaN where a level is not below bins.</summary>
    /// <param name="levels">(B, H, W, C).</param>
    /// <param name="seed">The seed of the noise.</param>
    /// <param name="firstIndex">The index of the first image.</param>
    /// <param name="images">(B, H, W, C), overwritten.</param>
    /// <exception cref="FlowException">The lengths do not fit.</exception>
    public void Dequantize(GpuView<byte> levels, ulong seed, uint firstIndex, GpuView<float> images) =>
        Run(run => run.Dequantize(Images(levels, seed, firstIndex), Array(images)));

    /// <summary>The latents of all levels, of each image one after the other, each flattened (h, w, c).</summary>
    /// <param name="images">(B, H, W, C), scaled to [-0.5, 0.5).</param>
    /// <param name="latents">(B, D), overwritten.</param>
    /// <exception cref="FlowException">The lengths do not fit, or the model is not initialized.</exception>
    public void Forward(GpuView<float> images, GpuView<float> latents) =>
        Run(run => run.Forward(Images(images), Rows(latents)));

    /// <summary>The latents by level.</summary>
    /// <param name="images">(B, H, W, C), scaled to [-0.5, 0.5).</param>
    /// <param name="levels">(B, h, w, c) of <see cref="Flow.LatentShapes"/> each, overwritten.</param>
    /// <exception cref="FlowException">The lengths do not fit, or the model is not initialized.</exception>
    public void Forward(GpuView<float> images, IReadOnlyList<GpuView<float>> levels) =>
        Run(run => run.Forward(Images(images), Levels(levels, images.Length)));

    /// <summary>Latents as <see cref="Forward(GpuView{float}, GpuView{float})"/> gives them to scaled images.</summary>
    /// <param name="latents">(B, D).</param>
    /// <param name="images">(B, H, W, C), overwritten.</param>
    /// <exception cref="FlowException">The lengths do not fit, or the model is not initialized.</exception>
    public void Inverse(GpuView<float> latents, GpuView<float> images) =>
        Run(run => run.Inverse(Rows(latents), Array(images)));

    /// <summary>Latents by level to scaled images.</summary>
    /// <param name="levels">(B, h, w, c) of <see cref="Flow.LatentShapes"/> each.</param>
    /// <param name="images">(B, H, W, C), overwritten.</param>
    /// <exception cref="FlowException">The lengths do not fit, or the model is not initialized.</exception>
    public void Inverse(IReadOnlyList<GpuView<float>> levels, GpuView<float> images) =>
        Run(run => run.Inverse(Levels(levels, images.Length), Array(images)));

    /// <summary>Of each image the largest |x - Inverse(Forward(x))|.</summary>
    /// <param name="images">(B, H, W, C), scaled to [-0.5, 0.5).</param>
    /// <param name="largest">(B), overwritten.</param>
    /// <exception cref="FlowException">The lengths do not fit, or the model is not initialized.</exception>
    public void RoundTrip(GpuView<float> images, GpuView<double> largest) =>
        Run(run => run.RoundTrip(Array(images), Array(largest)));

    /// <summary>Draws scaled images.</summary>
    /// <param name="temperature">Scales the latent noise.</param>
    /// <param name="seed">The seed; image i of a seed is always the same.</param>
    /// <param name="firstIndex">The index i of the first image.</param>
    /// <param name="images">(B, H, W, C), overwritten.</param>
    /// <exception cref="FlowException">An argument is out of range, or the model is not initialized.</exception>
    public void Sample(double temperature, ulong seed, uint firstIndex, GpuView<float> images) =>
        Run(run => run.Sample([temperature], seed, firstIndex, Images(images)));

    /// <summary>Draws images in grey levels 0 to bins - 1.</summary>
    /// <param name="temperature">Scales the latent noise.</param>
    /// <param name="seed">The seed; image i of a seed is always the same.</param>
    /// <param name="firstIndex">The index i of the first image.</param>
    /// <param name="levels">(B, H, W, C), overwritten.</param>
    /// <exception cref="FlowException">An argument is out of range, or the model is not initialized.</exception>
    public void Sample(double temperature, ulong seed, uint firstIndex, GpuView<byte> levels) =>
        Run(run => run.Sample([temperature], seed, firstIndex, Images(levels)));

    private static ImageArray Images(GpuView<float> images) => new(Array(images));

    private static ImageArray Images(GpuView<byte> levels, ulong seed = 0, uint firstIndex = 0) =>
        new(Array(levels), seed, firstIndex);

    private static CallerArray<T> Array<T>(GpuView<T> view)
        where T : unmanaged => new(view);

    private LatentArray[] Rows(GpuView<float> latents) => LatentArray.OfRows(_model.Flow, Array(latents));

    private LatentArray[] Levels(IReadOnlyList<GpuView<float>> levels, long images) => LatentArray.OfLevels(
        _model.Flow, [.. levels.Select(Array)], images / _model.Flow.Dims);

    private void Run(Action<InferenceRun> work)
    {
        fixed (float* condition = _condition)
        {
            work(new InferenceRun(_model, _memory)
            {
                Condition = new CallerArray<float>(condition, _condition.Length),
            });
        }
    }
}
