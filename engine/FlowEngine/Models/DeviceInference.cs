using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Kernels.Gpu;
using FlowEngine.Tensors;

namespace FlowEngine.Models;

/// <summary>
/// Inference on arrays in the memory of a model's GPU. The calls queue work and return: nothing goes through the host, and
/// no call waits for the device.
/// </summary>
/// <remarks>
/// The results are those of <see cref="Model"/>'s functions of the same names for arrays in host memory, to the bit on the
/// same device. Only the first call, and the first after the weights change, prepares weights. Arrays may not overlap,
/// unless they are one and the same.
/// </remarks>
public sealed class DeviceInference
{
    private readonly Model _model;
    private readonly GpuBackend _gpu;
    private readonly float[] _condition;

    /// <summary>For a model that is on a GPU.</summary>
    /// <param name="model">The model.</param>
    /// <param name="condition">The conditions of the data of every call, as <see cref="Model.LogProb(ReadOnlySpan{float},
    /// ReadOnlySpan{float})"/> takes them, on the host; null for none.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.InvalidArgument"/>: it is on another device.</exception>
    public DeviceInference(Model model, float[]? condition = null)
    {
        _model = model;
        _condition = condition ?? [];
        _gpu = model.Backend as GpuBackend
            ?? throw new FlowException(
                FlowErrorKind.InvalidArgument, $"the model runs on the {model.Backend.Name}, which has no device memory");
    }

    private int Dims => _model.Flow.Dims;

    private int Bins => _model.Bins;

    /// <summary>Log densities of scaled images, in nats.</summary>
    /// <param name="images">(B, H, W, C), scaled to [-0.5, 0.5).</param>
    /// <param name="logProb">(B), overwritten; NaN, not -∞, where latents leave the range of float32.</param>
    /// <exception cref="FlowException">The lengths do not fit, or the model is not initialized.</exception>
    public void LogProb(GpuView<float> images, GpuView<double> logProb) =>
        Forward(images, logProb.Length, (plan, first, batch) =>
            _gpu.LogProb(plan.LogPrior, plan.LogDet, logProb.Slice(first, batch)));

    /// <summary>Log densities of grey levels, dequantized; NaN for an image with a level that is not below bins.</summary>
    /// <param name="levels">(B, H, W, C).</param>
    /// <param name="seed">The seed of the noise.</param>
    /// <param name="firstIndex">The index of the first image.</param>
    /// <param name="logProb">(B), overwritten.</param>
    /// <exception cref="FlowException">As for scaled images.</exception>
    public void LogProb(GpuView<byte> levels, ulong seed, uint firstIndex, GpuView<double> logProb) =>
        Forward(levels, seed, firstIndex, logProb.Length, (plan, first, batch) =>
            _gpu.LogProb(plan.LogPrior, plan.LogDet, logProb.Slice(first, batch)));

    /// <summary>Bits per dimension of scaled images.</summary>
    /// <param name="images">(B, H, W, C), scaled to [-0.5, 0.5).</param>
    /// <param name="bits">(B), overwritten.</param>
    /// <exception cref="FlowException">The lengths do not fit, or the model is not initialized.</exception>
    public void BitsPerDim(GpuView<float> images, GpuView<double> bits) =>
        Forward(images, bits.Length, (plan, first, batch) => BitsPerDim(plan, bits.Slice(first, batch)));

    /// <summary>Bits per dimension of grey levels, as <see cref="LogProb(GpuView{byte}, ulong, uint, GpuView{double})"/>.</summary>
    /// <param name="levels">(B, H, W, C).</param>
    /// <param name="seed">The seed of the noise.</param>
    /// <param name="firstIndex">The index of the first image.</param>
    /// <param name="bits">(B), overwritten.</param>
    /// <exception cref="FlowException">As for scaled images.</exception>
    public void BitsPerDim(GpuView<byte> levels, ulong seed, uint firstIndex, GpuView<double> bits) =>
        Forward(levels, seed, firstIndex, bits.Length, (plan, first, batch) => BitsPerDim(plan, bits.Slice(first, batch)));

    /// <summary>Grey levels to scaled images; NaN where a level is not below bins.</summary>
    /// <param name="levels">(B, H, W, C).</param>
    /// <param name="seed">The seed of the noise.</param>
    /// <param name="firstIndex">The index of the first image.</param>
    /// <param name="images">(B, H, W, C), overwritten.</param>
    /// <exception cref="FlowException">The lengths do not fit.</exception>
    public void Dequantize(GpuView<byte> levels, ulong seed, uint firstIndex, GpuView<float> images)
    {
        int count = CountOf(levels.Length, images.Length / Dims);
        _gpu.Dequantize(Model.Noise(seed), levels, firstIndex, count, Bins, _gpu.Borrow(images));
    }

    /// <summary>The latents of all levels, of each image one after the other, each flattened (h, w, c).</summary>
    /// <param name="images">(B, H, W, C), scaled to [-0.5, 0.5).</param>
    /// <param name="latents">(B, D), overwritten.</param>
    /// <exception cref="FlowException">The lengths do not fit, or the model is not initialized.</exception>
    public void Forward(GpuView<float> images, GpuView<float> latents)
    {
        BufferView rows = _gpu.Borrow(latents);
        Forward(images, latents.Length / Dims, (plan, first, batch) =>
            CopyRows(plan, rows.Slice(first * Dims, (long)batch * Dims), batch, toRows: true));
    }

    /// <summary>The latents by level.</summary>
    /// <param name="images">(B, H, W, C), scaled to [-0.5, 0.5).</param>
    /// <param name="levels">(B, h, w, c) of <see cref="Flow.LatentShapes"/> each, overwritten.</param>
    /// <exception cref="FlowException">The lengths do not fit, or the model is not initialized.</exception>
    public void Forward(GpuView<float> images, IReadOnlyList<GpuView<float>> levels)
    {
        BufferView[] targets = LevelViews(levels, images.Length / Dims);
        Forward(images, images.Length / Dims, (plan, first, batch) =>
        {
            foreach ((BufferView latent, BufferView target) in plan.Latents.Zip(targets))
            {
                long dims = latent.Length / batch;
                _gpu.Copy(latent, target.Slice(first * dims, latent.Length));
            }
        });
    }

    /// <summary>Latents as <see cref="Forward(GpuView{float}, GpuView{float})"/> gives them to scaled images.</summary>
    /// <param name="latents">(B, D).</param>
    /// <param name="images">(B, H, W, C), overwritten.</param>
    /// <exception cref="FlowException">The lengths do not fit, or the model is not initialized.</exception>
    public void Inverse(GpuView<float> latents, GpuView<float> images)
    {
        int count = CountOf(images.Length, latents.Length / Dims);
        BufferView rows = _gpu.Borrow(latents);
        BufferView target = _gpu.Borrow(images);
        Inverse(count, null, (plan, first, batch) =>
            CopyRows(plan, rows.Slice(first * Dims, (long)batch * Dims), batch, toRows: false),
            (plan, first, _) => _gpu.Copy(plan.Input, target.Slice(first * Dims, plan.Input.Length)));
    }

    /// <summary>Latents by level to scaled images.</summary>
    /// <param name="levels">(B, h, w, c) of <see cref="Flow.LatentShapes"/> each.</param>
    /// <param name="images">(B, H, W, C), overwritten.</param>
    /// <exception cref="FlowException">The lengths do not fit, or the model is not initialized.</exception>
    public void Inverse(IReadOnlyList<GpuView<float>> levels, GpuView<float> images)
    {
        int count = CountOf(images.Length, images.Length / Dims);
        BufferView[] sources = LevelViews(levels, count);
        BufferView target = _gpu.Borrow(images);
        Inverse(count, null, (plan, first, batch) =>
        {
            foreach ((BufferView latent, BufferView source) in plan.Latents.Zip(sources))
            {
                long dims = latent.Length / batch;
                _gpu.Copy(source.Slice(first * dims, latent.Length), latent);
            }
        }, (plan, first, _) => _gpu.Copy(plan.Input, target.Slice(first * Dims, plan.Input.Length)));
    }

    /// <summary>Of each image the largest |x - Inverse(Forward(x))|.</summary>
    /// <param name="images">(B, H, W, C), scaled to [-0.5, 0.5).</param>
    /// <param name="largest">(B), overwritten.</param>
    /// <exception cref="FlowException">The lengths do not fit, or the model is not initialized.</exception>
    public void RoundTrip(GpuView<float> images, GpuView<double> largest)
    {
        BufferView source = _gpu.Borrow(images);
        Forward(images, largest.Length, (plan, first, batch) =>
        {
            plan.Inverse(temperatures: []);
            _gpu.LargestDifference(
                plan.Input, source.Slice(first * Dims, plan.Input.Length), largest.Slice(first, batch));
        });
    }

    /// <summary>Draws scaled images.</summary>
    /// <param name="temperature">Scales the latent noise.</param>
    /// <param name="seed">The seed; image i of a seed is always the same.</param>
    /// <param name="firstIndex">The index i of the first image.</param>
    /// <param name="images">(B, H, W, C), overwritten.</param>
    /// <exception cref="FlowException">An argument is out of range, or the model is not initialized.</exception>
    public void Sample(double temperature, ulong seed, uint firstIndex, GpuView<float> images)
    {
        BufferView target = _gpu.Borrow(images);
        Sample(images.Length, temperature, seed, firstIndex, (plan, first, _) =>
            _gpu.Copy(plan.Input, target.Slice(first * Dims, plan.Input.Length)));
    }

    /// <summary>Draws images in grey levels 0 to bins - 1.</summary>
    /// <param name="temperature">Scales the latent noise.</param>
    /// <param name="seed">The seed; image i of a seed is always the same.</param>
    /// <param name="firstIndex">The index i of the first image.</param>
    /// <param name="levels">(B, H, W, C), overwritten.</param>
    /// <exception cref="FlowException">An argument is out of range, or the model is not initialized.</exception>
    public void Sample(double temperature, ulong seed, uint firstIndex, GpuView<byte> levels) =>
        Sample(levels.Length, temperature, seed, firstIndex, (plan, first, _) =>
            _gpu.Quantize(plan.Input, Bins, levels.Slice(first * Dims, plan.Input.Length)));

    private void Forward(GpuView<float> images, long results, PlanWork finish)
    {
        BufferView source = _gpu.Borrow(images);
        ForEachBatch(CountOf(images.Length, results), (plan, first, batch) =>
        {
            _gpu.Copy(source.Slice(first * Dims, plan.Input.Length), plan.Input);
            plan.Forward();
            finish(plan, first, batch);
        });
    }

    private void Forward(GpuView<byte> levels, ulong seed, uint firstIndex, long results, PlanWork finish) =>
        ForEachBatch(CountOf(levels.Length, results), (plan, first, batch) =>
        {
            GpuView<byte> part = levels.Slice(first * Dims, plan.Input.Length);
            _gpu.Dequantize(Model.Noise(seed), part, firstIndex + (uint)first, batch, Bins, plan.Input);
            plan.Forward();
            finish(plan, first, batch);
        });

    private void Inverse(int count, double? temperature, PlanWork fillLatents, PlanWork finish) =>
        ForEachBatch(count, (plan, first, batch) =>
        {
            fillLatents(plan, first, batch);
            plan.Inverse(temperature is double scale ? [scale] : []);
            finish(plan, first, batch);
        });

    private void Sample(long length, double temperature, ulong seed, uint firstIndex, PlanWork finish)
    {
        Model.RequireTemperature(temperature);
        Inverse(CountOf(length, length / Dims), temperature, (plan, first, batch) =>
        {
            uint level = 0;
            foreach (BufferView latent in plan.Latents)
            {
                PhiloxKey key = new(seed, (uint)RandomPurpose.Sample, level++);
                _gpu.PhiloxNormal(key, firstIndex + (uint)first, batch, latent);
            }
        }, finish);
    }

    private void BitsPerDim(FlowPlan plan, GpuView<double> bits) =>
        _gpu.BitsPerDim(
            plan.LogPrior,
            plan.LogDet,
            Dims * Math.Log(_model.Config.Options.Bins ?? 1),
            Dims * Math.Log(2),
            bits);

    private void ForEachBatch(int count, PlanWork work)
    {
        _model.RequireCondition(_condition.Length, count);
        for (int first = 0; first < count; first += _model.BatchSize)
        {
            int batch = Math.Min(_model.BatchSize, count - first);

            // The plan may be lent again while the device still works on it: what comes next is queued behind.
            using Model.PlanLease lease = _model.Rent(batch);
            _model.WriteCondition(_condition, first, batch, lease.Plan.Condition);
            work(lease.Plan, first, batch);
        }
    }

    // Between the plan's latents, (B, d) by level, and rows of all levels, (B, D).
    private void CopyRows(FlowPlan plan, BufferView rows, int batch, bool toRows)
    {
        int place = 0;
        foreach (BufferView latent in plan.Latents)
        {
            int dims = (int)(latent.Length / batch);
            (BufferView from, int fromDims, int fromPlace) = toRows ? (latent, dims, 0) : (rows, Dims, place);
            (BufferView to, int toDims, int toPlace) = toRows ? (rows, Dims, place) : (latent, dims, 0);
            _gpu.CopyChannels(from, new ImageShape(batch, 1, 1, fromDims), fromPlace, to, toDims, toPlace, dims);
            place += dims;
        }
    }

    private BufferView[] LevelViews(IReadOnlyList<GpuView<float>> levels, long count)
    {
        ImageShape[] one = _model.Flow.LatentShapes(1);
        if (levels.Count != one.Length || levels.Where((level, l) => level.Length != count * one[l].Length).Any())
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"latents of lengths {string.Join(", ", levels.Select(level => level.Length))} were given, expected "
                + $"{count} times {string.Join(", ", one.Select(shape => shape.Length))}");
        }

        return [.. levels.Select(_gpu.Borrow)];
    }

    private int CountOf(long length, long results) =>
        length % Dims == 0 && length / Dims == results && results <= int.MaxValue
            ? (int)results
            : throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"{length} values and {results} results were given, expected {Dims} values for each result");

    private delegate void PlanWork(FlowPlan plan, long first, int batch);
}
