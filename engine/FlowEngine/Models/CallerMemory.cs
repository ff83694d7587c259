using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Tensors;

namespace FlowEngine.Models;

/// <summary>What goes between a plan and arrays of a caller, by the memory that these are in.</summary>
internal abstract class CallerMemory
{
    /// <summary>Scaled values to the device.</summary>
    public abstract void Write(CallerArray<float> source, BufferView target);

    /// <summary>Scaled values from the device.</summary>
    public abstract void Read(BufferView source, CallerArray<float> target);

    /// <summary>The latents of a level to the device.</summary>
    /// <param name="source">Of a batch.</param>
    /// <param name="target">(B, d).</param>
    /// <param name="batch">Data.</param>
    public abstract void Write(LatentArray source, BufferView target, int batch);

    /// <summary>The latents of a level from the device.</summary>
    /// <param name="source">(B, d).</param>
    /// <param name="target">Of a batch.</param>
    /// <param name="batch">Data.</param>
    public abstract void Read(BufferView source, LatentArray target, int batch);

    /// <summary>Grey levels to scaled values on the device.</summary>
    /// <param name="model">Says the bins.</param>
    /// <param name="images">Grey levels.</param>
    /// <param name="count">Images.</param>
    /// <param name="scaled">Overwritten.</param>
    public abstract void Dequantize(Model model, ImageArray images, int count, BufferView scaled);

    /// <summary>Grey levels to scaled values.</summary>
    /// <param name="model">Says the bins.</param>
    /// <param name="images">Grey levels.</param>
    /// <param name="count">Images.</param>
    /// <param name="scaled">Overwritten.</param>
    public abstract void Dequantize(Model model, ImageArray images, int count, CallerArray<float> scaled);

    /// <summary>Scaled values on the device to grey levels, clamped to the range of the data; NaN becomes 0.</summary>
    public abstract void Quantize(BufferView scaled, int bins, CallerArray<byte> levels);

    /// <summary>The log densities of what went forward through a plan.</summary>
    /// <param name="plan">The plan, its input as it was.</param>
    /// <param name="logProb">(B), overwritten, nats.</param>
    public abstract void LogProb(FlowPlan plan, CallerArray<double> logProb);

    /// <summary>The bits per dimension of what went forward through a plan.</summary>
    /// <param name="plan">The plan, its input as it was.</param>
    /// <param name="bins">Grey levels; 1 for continuous data.</param>
    /// <param name="bits">(B), overwritten.</param>
    public abstract void BitsPerDim(FlowPlan plan, int bins, CallerArray<double> bits);

    /// <summary>Of each datum the largest difference of two values; NaN where one is.</summary>
    /// <param name="values">(B, D), on the device.</param>
    /// <param name="others">(B, D).</param>
    /// <param name="largest">(B), overwritten.</param>
    public abstract void LargestDifference(
        BufferView values, CallerArray<float> others, CallerArray<double> largest);

    /// <summary>The stream of the noise that grey levels are dequantized with.</summary>
    protected static PhiloxKey Noise(ImageArray images) => new(images.Seed, (uint)RandomPurpose.EvaluationNoise, 0);
}
