using FlowEngine.Execution;
using FlowEngine.Kernels;

namespace FlowEngine.Models;

/// <summary>Arrays in host memory.</summary>
/// <param name="backend">Where the model runs.</param>
internal sealed class HostCallerMemory(IBackend backend) : CallerMemory
{
    public override void Write(CallerArray<float> source, BufferView target) =>
        backend.Write((ReadOnlySpan<float>)source.Span, target);

    public override void Read(BufferView source, CallerArray<float> target) => backend.Read(source, target.Span);

    public override void Write(LatentArray source, BufferView target, int batch)
    {
        if (source.Array.Length == target.Length)
        {
            Write(source.Array, target);
            return;
        }

        float[] dense = new float[target.Length];
        for (int i = 0; i < batch; i++)
        {
            Span<float> row = Row(dense, i, batch);
            Columns(source, i, row.Length).CopyTo(row);
        }

        backend.Write(dense, target);
    }

    public override void Read(BufferView source, LatentArray target, int batch)
    {
        if (target.Array.Length == source.Length)
        {
            Read(source, target.Array);
            return;
        }

        float[] dense = new float[source.Length];
        backend.Read(source, dense);
        for (int i = 0; i < batch; i++)
        {
            Span<float> row = Row(dense, i, batch);
            row.CopyTo(Columns(target, i, row.Length));
        }
    }

    public override void Dequantize(Model model, ImageArray images, int count, BufferView scaled)
    {
        model.RequireLevels(images.Levels.Span, images.FirstIndex);
        uint[] indices = [.. Enumerable.Range(0, count).Select(i => images.FirstIndex + (uint)i)];
        backend.Dequantize(Noise(images), images.Levels.Span, indices, model.Bins, scaled);
    }

    public override void Dequantize(Model model, ImageArray images, int count, CallerArray<float> scaled)
    {
        using DeviceBuffer buffer = backend.Allocate(scaled.Length);
        Dequantize(model, images, count, buffer.View);
        Read(buffer.View, scaled);
    }

    public override void Quantize(BufferView scaled, int bins, CallerArray<byte> levels)
    {
        float[] values = new float[levels.Length];
        backend.Read(scaled, values);
        Quantize(values, bins, levels.Span);
    }

    /// <summary>Scaled values to grey levels, clamped to the range of the data; NaN becomes 0.</summary>
    /// <param name="scaled">Scaled to [-0.5, 0.5).</param>
    /// <param name="bins">Grey levels.</param>
    /// <param name="levels">As long as <paramref name="scaled"/>, overwritten.</param>
    public static void Quantize(ReadOnlySpan<float> scaled, int bins, Span<byte> levels)
    {
        for (int i = 0; i < levels.Length; i++)
        {
            // The comparison is false for NaN, which becomes black.
            float level = (scaled[i] + 0.5f) * bins;
            levels[i] = level > 0 ? (byte)Math.Min(level, bins - 1) : (byte)0;
        }
    }

    public override void LogProb(FlowPlan plan, CallerArray<double> logProb) => LogProb(backend, plan, logProb.Span);

    /// <summary>The log densities of what went forward through a plan.</summary>
    /// <remarks>
    /// Values beyond the range of float32 become infinite, and what is made of them NaN: but the density of such a datum
    /// is known to be below every number. What was not finite when it came in stays NaN.
    /// </remarks>
    /// <param name="backend">Where it went.</param>
    /// <param name="plan">The plan, its input as it was.</param>
    /// <param name="result">(B), overwritten, nats.</param>
    public static void LogProb(IBackend backend, FlowPlan plan, Span<double> result)
    {
        double[] logDet = new double[result.Length];
        backend.Read(plan.LogPrior, result);
        backend.Read(plan.LogDet, logDet);
        float[]? input = null;
        for (int i = 0; i < result.Length; i++)
        {
            result[i] += logDet[i];
            if (!double.IsNaN(result[i]))
            {
                continue;
            }

            if (input is null)
            {
                input = new float[plan.Shape.Length];
                backend.Read(plan.Input, input);
            }

            if (!Row(input, i, result.Length).ContainsAnyExceptInRange(float.MinValue, float.MaxValue))
            {
                result[i] = double.NegativeInfinity;
            }
        }
    }

    public override void BitsPerDim(FlowPlan plan, int bins, CallerArray<double> bits)
    {
        LogProb(plan, bits);
        foreach (ref double value in bits.Span)
        {
            value = Models.BitsPerDim.FromLogProb(value, plan.Shape.Dims, bins);
        }
    }

    public override void LargestDifference(
        BufferView values, CallerArray<float> others, CallerArray<double> largest)
    {
        float[] ours = new float[values.Length];
        backend.Read(values, ours);
        Span<float> theirs = others.Span;
        Span<double> result = largest.Span;
        result.Clear();
        int dims = ours.Length / result.Length;
        for (int i = 0; i < ours.Length; i++)
        {
            // Math.Max keeps NaN: an image that does not come back is not one that does.
            result[i / dims] = Math.Max(result[i / dims], Math.Abs((double)ours[i] - theirs[i]));
        }
    }

    private static Span<float> Row(float[] dense, int row, int rows) =>
        dense.AsSpan(row * (dense.Length / rows), dense.Length / rows);

    private static Span<float> Columns(LatentArray array, int row, int columns) =>
        array.Array.Span.Slice((row * array.Width) + array.Place, columns);
}
