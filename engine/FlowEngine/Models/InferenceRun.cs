using FlowEngine.Architecture;
using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Priors;
using FlowEngine.Telemetry;

namespace FlowEngine.Models;

/// <summary>One call of a model: the only loop over batches, for arrays in host memory and in that of a GPU.</summary>
/// <param name="model">The model.</param>
/// <param name="memory">Where the call's arrays are.</param>
internal sealed class InferenceRun(Model model, CallerMemory memory)
{
    /// <summary>Images computed at once, as far as 2^31 - 1 values allow.</summary>
    public int BatchSize { get; init; } = model.BatchSize;

    /// <summary>The conditions, in host memory: (B, N), or (N) for one of all; empty where the model has none.</summary>
    public CallerArray<float> Condition { get; init; }

    /// <summary>Whether latents are as their priors have them.</summary>
    public bool AreStandard { get; init; }

    /// <summary>Told the images that are computed, and all, after every batch; null for nobody.</summary>
    public Action<long, long>? Progress { get; init; }

    private Flow Flow => model.Flow;

    private int Dims => model.Flow.Dims;

    private double[] NoTemperatures =>
        AreStandard && Flow.Levels[^1].Prior.Kind == PriorKind.Gaussian ? [1] : [];

    /// <summary>Log densities, nats.</summary>
    /// <param name="images">The images.</param>
    /// <param name="logProb">(B), overwritten.</param>
    public void LogProb(ImageArray images, CallerArray<double> logProb) =>
        Forward("log_prob", images, logProb.Length, (plan, first, batch) => memory.LogProb(plan, logProb.Slice(first, batch)));

    /// <summary>Log densities, nats, and their gradients.</summary>
    /// <param name="images">The images, scaled.</param>
    /// <param name="logProb">(B), overwritten.</param>
    /// <param name="dImages">(B, H, W, C), overwritten.</param>
    /// <param name="dCondition">(B, N), overwritten; empty if it is not wanted.</param>
    public void LogProbGradient(
        CallerArray<float> images,
        CallerArray<double> logProb,
        CallerArray<float> dImages,
        CallerArray<float> dCondition)
    {
        int conditions = Flow.ConditionLength;
        long count = CountOf(images.Length, logProb.Length);
        model.RequireCondition(Condition.Length, count);
        ForEachBatch("log_prob_gradient", count, (first, batch) => model.GradientPlans.With(batch, gradient =>
        {
            FlowPlan plan = gradient.Plan;
            model.WriteCondition(Condition.Span, first, batch, plan.Condition);
            memory.Write(images.Slice(first * Dims, (long)batch * Dims), plan.Input);
            plan.Forward();
            memory.LogProb(plan, logProb.Slice(first, batch));
            model.Backend.Fill(gradient.LogProbGradient, 1);
            gradient.Backward();
            memory.Read(plan.InputGradient, dImages.Slice(first * Dims, (long)batch * Dims));
            if (dCondition.Length > 0)
            {
                memory.Read(
                    gradient.ConditionGradient, dCondition.Slice(first * conditions, (long)batch * conditions));
            }
        }));
    }

    /// <summary>Bits per dimension.</summary>
    /// <param name="images">The images.</param>
    /// <param name="bits">(B), overwritten.</param>
    public void BitsPerDim(ImageArray images, CallerArray<double> bits) =>
        Forward("bits_per_dim", images, bits.Length, (plan, first, batch) =>
            memory.BitsPerDim(plan, model.Config.Options.Bins ?? 1, bits.Slice(first, batch)));

    /// <summary>Log densities under every class, nats; of arrays in host memory.</summary>
    /// <param name="images">The images.</param>
    /// <param name="logProb">(B, N), overwritten.</param>
    public void ClassLogProb(ImageArray images, CallerArray<double> logProb)
    {
        ConditionOptions classes = model.RequireClasses();
        long count = CountOf(images.Length, logProb.Length / classes.Length);
        RequireIndices(images.FirstIndex, count);
        ForEachBatch("class_log_prob", count, (first, batch) =>
        {
            using PlanLease lease = model.Rent(batch);
            Fill(lease.Plan, images, first, batch);
            Span<double> result = logProb.Slice(first * classes.Length, (long)batch * classes.Length).Span;
            ClassLogProb(lease.Plan, classes, result);
        });
    }

    /// <summary>Latents.</summary>
    /// <param name="images">The images.</param>
    /// <param name="latents">By level, overwritten.</param>
    /// <param name="logProb">(B), overwritten, nats; or empty.</param>
    public void Forward(ImageArray images, LatentArray[] latents, CallerArray<double> logProb = default)
    {
        Forward("forward", images, CountOf(latents), (plan, first, batch) =>
        {
            if (logProb.Length > 0)
            {
                memory.LogProb(plan, logProb.Slice(first, batch));
            }

            if (AreStandard)
            {
                plan.Standardize();
            }

            foreach ((BufferView latent, LatentArray target) in plan.Latents.Zip(latents))
            {
                memory.Read(latent, target.Part(first, batch), batch);
            }
        });
    }

    /// <summary>Images of latents.</summary>
    /// <param name="latents">By level.</param>
    /// <param name="images">Overwritten.</param>
    public void Inverse(LatentArray[] latents, CallerArray<float> images)
    {
        ForEachPlan("inverse", CountOf(images.Length, CountOf(latents)), (plan, first, batch) =>
        {
            foreach ((BufferView latent, LatentArray source) in plan.Latents.Zip(latents))
            {
                memory.Write(source.Part(first, batch), latent, batch);
            }

            plan.Inverse(NoTemperatures);
            memory.Read(plan.Input, images.Slice(first * Dims, plan.Input.Length));
        });
    }

    /// <summary>Of each image the largest |x - Inverse(Forward(x))|.</summary>
    /// <param name="images">Scaled.</param>
    /// <param name="largest">(B), overwritten.</param>
    public void RoundTrip(CallerArray<float> images, CallerArray<double> largest) =>
        Forward("round_trip", new ImageArray(images), largest.Length, (plan, first, batch) =>
        {
            if (AreStandard)
            {
                plan.Standardize();
            }

            plan.Inverse(NoTemperatures);
            memory.LargestDifference(
                plan.Input, images.Slice(first * Dims, plan.Input.Length), largest.Slice(first, batch));
        });

    /// <summary>Draws images.</summary>
    /// <param name="temperatures">One for each level, the finest first; or one of all.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="firstIndex">The index of the first image in the seed's stream.</param>
    /// <param name="images">Overwritten: scaled, or quantized.</param>
    public void Sample(ReadOnlySpan<double> temperatures, ulong seed, uint firstIndex, ImageArray images)
    {
        model.RequireTemperatures(temperatures);
        double[] scales = temperatures.ToArray();
        long count = model.CountOf(images.Length);
        RequireIndices(firstIndex, count);
        ForEachPlan("sample", count, (plan, first, batch) =>
        {
            plan.DrawNoise(seed, firstIndex + (uint)first);
            plan.Inverse(scales);
            ImageArray part = images.Part(first, batch, Dims);
            if (part.AreLevels)
            {
                memory.Quantize(plan.Input, model.Bins, part.Levels);
            }
            else
            {
                memory.Read(plan.Input, part.Scaled);
            }
        });
    }

    /// <summary>Grey levels to scaled images.</summary>
    /// <param name="levels">Grey levels.</param>
    /// <param name="images">Overwritten.</param>
    public void Dequantize(ImageArray levels, CallerArray<float> images)
    {
        long count = CountOf(levels.Length, images.Length / Dims);
        RequireIndices(levels.FirstIndex, count);
        ForEachBatch("dequantize", count, (first, batch) => memory.Dequantize(
            model, levels.Part(first, batch, Dims), batch, images.Slice(first * Dims, (long)batch * Dims)));
    }

    // No count where it is no whole number.
    private static long CountOf(LatentArray[] latents) =>
        latents[0].Array.Length % latents[0].Width == 0 ? latents[0].Array.Length / latents[0].Width : -1;

    private void ClassLogProb(FlowPlan plan, ConditionOptions classes, Span<double> result)
    {
        int batch = plan.Shape.Batch;
        double[] logProb = new double[batch];
        float[] row = new float[classes.Length];
        for (int c = 0; c < classes.Length; c++)
        {
            Array.Clear(row);
            row[c] = 1;
            model.WriteCondition(row, 0, batch, plan.Condition);
            if (c == 0 || classes.IntoNetworks)
            {
                plan.Forward();
            }
            else
            {
                plan.LogPriors();
            }

            HostCallerMemory.LogProb(model.Backend, plan, logProb);
            for (int i = 0; i < batch; i++)
            {
                result[(i * classes.Length) + c] = logProb[i];
            }
        }
    }

    private void Forward(string operation, ImageArray images, long results, PlanWork finish)
    {
        long count = CountOf(images.Length, results);
        RequireIndices(images.FirstIndex, count);
        ForEachPlan(operation, count, (plan, first, batch) =>
        {
            Fill(plan, images, first, batch);
            plan.Forward();
            finish(plan, first, batch);
        });
    }

    private void Fill(FlowPlan plan, ImageArray images, long first, int batch)
    {
        ImageArray part = images.Part(first, batch, Dims);
        if (part.AreLevels)
        {
            memory.Dequantize(model, part, batch, plan.Input);
        }
        else
        {
            memory.Write(part.Scaled, plan.Input);
        }
    }

    private void ForEachPlan(string operation, long count, PlanWork work)
    {
        model.RequireCondition(Condition.Length, count);
        ForEachBatch(operation, count, (first, batch) =>
        {
            // The plan may be lent again while a GPU still works on it: what comes next is queued behind.
            using PlanLease lease = model.Rent(batch);
            model.WriteCondition(Condition.Span, first, batch, lease.Plan.Condition);
            work(lease.Plan, first, batch);
        });
    }

    private void ForEachBatch(string operation, long count, Action<long, int> work)
    {
        string kind = model.Config.Options.Kind.Name;
        using IDisposable? call = FlowTelemetry.Call(operation, kind, count);
        int largest = Math.Min(BatchSize, Flow.LargestBatch);
        for (long first = 0; first < count; first += largest)
        {
            int batch = (int)Math.Min(largest, count - first);
            long start = FlowTelemetry.Now();
            work(first, batch);
            FlowTelemetry.Batch(operation, kind, batch, start);
            Progress?.Invoke(first + batch, count);
        }
    }

    /// <summary>Checks that images have indices of their own: noise depends on them, and one of 2^32 would be that of 0.</summary>
    private static void RequireIndices(uint firstIndex, long count)
    {
        if (firstIndex + count > 1L << 32)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"{count} images from the index {firstIndex} on were asked for, expected indices below 2^32");
        }
    }

    private long CountOf(long length, long results) =>
        length % Dims == 0 && length / Dims == results
            ? results
            : throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"{length} values and {results} results were given, expected {Dims} values for each result");

    private delegate void PlanWork(FlowPlan plan, long first, int batch);
}
