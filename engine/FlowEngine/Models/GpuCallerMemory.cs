using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Kernels.Gpu;

namespace FlowEngine.Models;

/// <summary>Arrays in the memory of a model's GPU. Work is queued: nothing goes through the host or waits for the device.</summary>
/// <param name="gpu">The GPU.</param>
internal sealed class GpuCallerMemory(GpuBackend gpu) : CallerMemory
{
    public override void Write(CallerArray<float> source, BufferView target) => gpu.Copy(gpu.Borrow(source.Device), target);

    public override void Read(BufferView source, CallerArray<float> target) => gpu.Copy(source, gpu.Borrow(target.Device));

    public override void Write(LatentArray source, BufferView target, int batch)
    {
        int dims = (int)(target.Length / batch);
        CopyColumns(gpu.Borrow(source.Array.Device), source.Width, source.Place, target, dims, 0, batch, dims);
    }

    public override void Read(BufferView source, LatentArray target, int batch)
    {
        int dims = (int)(source.Length / batch);
        CopyColumns(source, dims, 0, gpu.Borrow(target.Array.Device), target.Width, target.Place, batch, dims);
    }

    /// <remarks>A level that is not below bins gives NaN: an error would have to wait for the device.</remarks>
    public override void Dequantize(Model model, ImageArray images, int count, BufferView scaled) =>
        gpu.Dequantize(Noise(images), images.Levels.Device, images.FirstIndex, count, model.Bins, scaled);

    public override void Dequantize(Model model, ImageArray images, int count, CallerArray<float> scaled) =>
        Dequantize(model, images, count, gpu.Borrow(scaled.Device));

    public override void Quantize(BufferView scaled, int bins, CallerArray<byte> levels) =>
        gpu.Quantize(scaled, bins, levels.Device);

    public override void LogProb(FlowPlan plan, CallerArray<double> logProb) =>
        gpu.LogProb(plan.LogPrior, plan.LogDet, logProb.Device);

    public override void BitsPerDim(FlowPlan plan, int bins, CallerArray<double> bits)
    {
        int dims = plan.Shape.Dims;
        gpu.BitsPerDim(plan.LogPrior, plan.LogDet, dims * Math.Log(bins), dims * Math.Log(2), bits.Device);
    }

    public override void LargestDifference(
        BufferView values, CallerArray<float> others, CallerArray<double> largest) =>
        gpu.LargestDifference(values, gpu.Borrow(others.Device), largest.Device);

    private void CopyColumns(
        BufferView from, int fromWidth, int fromPlace, BufferView to, int toWidth, int toPlace, int rows, int columns)
    {
        if (fromWidth == toWidth)
        {
            gpu.Copy(from, to);
        }
        else
        {
            gpu.CopyChannels(from, new ImageShape(rows, 1, 1, fromWidth), fromPlace, to, toWidth, toPlace, columns);
        }
    }
}
