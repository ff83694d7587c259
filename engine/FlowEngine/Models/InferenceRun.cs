using FlowEngine.Architecture;
using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Priors;

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
    public void LogProb(ImageArray images, CallerArray<double> logProb)
    {
        foreach ((long first, int batch) in Batches("log_prob", images, logProb.Length))
        {
            using PlanLease lease = model.Rent(batch);
            Forward(lease.Plan, images, first, batch);
            memory.LogProb(lease.Plan, logProb.Slice(first, batch));
        }
    }

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
        ImageArray scaled = new(images);
        foreach ((long first, int batch) in Batches("log_prob_gradient", scaled, logProb.Length))
        {
            model.GradientPlans.With(batch, gradient =>
            {
                FlowPlan plan = gradient.Plan;
                Forward(plan, scaled, first, batch);
                memory.LogProb(plan, logProb.Slice(first, batch));
                model.Backend.Fill(gradient.LogProbGradient, 1);
                gradient.Backward();
                memory.Read(plan.InputGradient, dImages.Slice(first * Dims, (long)batch * Dims));
                if (dCondition.Length > 0)
                {
                    memory.Read(
                        gradient.ConditionGradient, dCondition.Slice(first * conditions, (long)batch * conditions));
                }
            });
        }
    }

    /// <summary>Bits per dimension.</summary>
    /// <param name="images">The images.</param>
    /// <param name="bits">(B), overwritten.</param>
    public void BitsPerDim(ImageArray images, CallerArray<double> bits)
    {
        foreach ((long first, int batch) in Batches("bits_per_dim", images, bits.Length))
        {
            using PlanLease lease = model.Rent(batch);
            Forward(lease.Plan, images, first, batch);
            memory.BitsPerDim(lease.Plan, model.Config.Options.Bins ?? 1, bits.Slice(first, batch));
        }
    }

    /// <summary>Log densities under every class, nats; of arrays in host memory.</summary>
    /// <param name="images">The images.</param>
    /// <param name="logProb">(B, N), overwritten.</param>
    public void ClassLogProb(ImageArray images, CallerArray<double> logProb)
    {
        ConditionOptions classes = model.RequireClasses();
        long count = CountOf(images.Length, logProb.Length / classes.Length);
        RequireIndices(images.FirstIndex, count);
        foreach ((long first, int batch) in Batches("class_log_prob", count))
        {
            using PlanLease lease = model.Rent(batch);
            Fill(lease.Plan, images, first, batch);
            Span<double> result = logProb.Slice(first * classes.Length, (long)batch * classes.Length).Span;
            ClassLogProb(lease.Plan, classes, result);
        }
    }

    /// <summary>Latents.</summary>
    /// <param name="images">The images.</param>
    /// <param name="latents">By level, overwritten.</param>
    /// <param name="logProb">(B), overwritten, nats; or empty.</param>
    public void Forward(ImageArray images, LatentArray[] latents, CallerArray<double> logProb = default)
    {
        foreach ((long first, int batch) in Batches("forward", images, CountOf(latents)))
        {
            using PlanLease lease = model.Rent(batch);
            FlowPlan plan = lease.Plan;
            Forward(plan, images, first, batch);
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
        }
    }

    /// <summary>Images of latents.</summary>
    /// <param name="latents">By level.</param>
    /// <param name="images">Overwritten.</param>
    public void Inverse(LatentArray[] latents, CallerArray<float> images)
    {
        long count = CountOf(images.Length, CountOf(latents));
        model.RequireCondition(Condition.Length, count);
        foreach ((long first, int batch) in Batches("inverse", count))
        {
            using PlanLease lease = model.Rent(batch);
            FlowPlan plan = lease.Plan;
            model.WriteCondition(Condition.Span, first, batch, plan.Condition);
            foreach ((BufferView latent, LatentArray source) in plan.Latents.Zip(latents))
            {
                memory.Write(source.Part(first, batch), latent, batch);
            }

            plan.Inverse(NoTemperatures);
            memory.Read(plan.Input, images.Slice(first * Dims, plan.Input.Length));
        }
    }

    /// <summary>Of each image the largest |x - Inverse(Forward(x))|.</summary>
    /// <param name="images">Scaled.</param>
    /// <param name="largest">(B), overwritten.</param>
    public void RoundTrip(CallerArray<float> images, CallerArray<double> largest)
    {
        ImageArray scaled = new(images);
        foreach ((long first, int batch) in Batches("round_trip", scaled, largest.Length))
        {
            using PlanLease lease = model.Rent(batch);
            FlowPlan plan = lease.Plan;
            Forward(plan, scaled, first, batch);
            if (AreStandard)
            {
                plan.Standardize();
            }

            plan.Inverse(NoTemperatures);
            memory.LargestDifference(
                plan.Input, images.Slice(first * Dims, plan.Input.Length), largest.Slice(first, batch));
        }
    }

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
        model.RequireCondition(Condition.Length, count);
        foreach ((long first, int batch) in Batches("sample", count))
        {
            using PlanLease lease = model.Rent(batch);
            FlowPlan plan = lease.Plan;
            model.WriteCondition(Condition.Span, first, batch, plan.Condition);
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
        }
    }

    /// <summary>Grey levels to scaled images.</summary>
    /// <param name="levels">Grey levels.</param>
    /// <param name="images">Overwritten.</param>
    public void Dequantize(ImageArray levels, CallerArray<float> images)
    {
        long count = CountOf(levels.Length, images.Length / Dims);
        RequireIndices(levels.FirstIndex, count);
        foreach ((long first, int batch) in Batches("dequantize", count))
        {
            memory.Dequantize(
                model, levels.Part(first, batch, Dims), batch, images.Slice(first * Dims, (long)batch * Dims));
        }
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

    // A plan may be lent again while a GPU still works on it: what comes next is queued behind.
    private void Forward(FlowPlan plan, ImageArray images, long first, int batch)
    {
        model.WriteCondition(Condition.Span, first, batch, plan.Condition);
        Fill(plan, images, first, batch);
        plan.Forward();
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

    private BatchLoop Batches(string operation, ImageArray images, long results)
    {
        long count = CountOf(images.Length, results);
        RequireIndices(images.FirstIndex, count);
        model.RequireCondition(Condition.Length, count);
        return Batches(operation, count);
    }

    private BatchLoop Batches(string operation, long count) =>
        new(operation, model.Config.Options.Kind.Name, count, Math.Min(BatchSize, Flow.LargestBatch), Progress, model.Computed);

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
}
