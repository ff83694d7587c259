using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

using FlowEngine.Checkpoints;
using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Tensors;
using FlowEngine.Training;

namespace FlowEngine.Models;

/// <summary>A flow with weights, on a device: densities, latents and samples.</summary>
/// <remarks>
/// <para>
/// Many threads may call one model at once: weights and what is derived from them are shared, each call has a plan of its
/// own. A <see cref="Trainer"/> changes the weights only while no such call runs.
/// </para>
/// <para>Any number of images goes; they run in batches of <see cref="BatchSize"/>, which does not change any result.</para>
/// </remarks>
public sealed class Model : IDisposable
{
    private readonly DeviceBuffer _weights;
    private readonly DeviceBuffer _constants;
    private readonly ReaderWriterLockSlim _lease = new();
    private readonly Lock _derivedLock = new();
    private readonly ConcurrentDictionary<int, ConcurrentBag<FlowPlan>> _plans = new();
    private readonly IReadOnlyList<IReadOnlyList<object>> _groups;
    private PreparedWeights? _prepared;
    private bool _preparedIsCurrent;

    private Model(ModelConfig config, Flow flow, IBackend backend)
    {
        Config = config;
        Backend = backend;
        Flow = flow;
        _groups = FlowPlan.Lower(Flow);
        _weights = backend.Allocate(Flow.Parameters.Length);
        _constants = backend.Allocate(Flow.Parameters.ConstantLength);
    }

    /// <summary>Images run at once by the calls below, at least 1.</summary>
    /// <exception cref="FlowException">It is not positive, or above 65536.</exception>
    public int BatchSize
    {
        get;
        set => field = value is >= 1 and <= 1 << 16
            ? value
            : throw new FlowException(FlowErrorKind.InvalidArgument, $"batch is {value}, expected 1 to 65536");
    } = 64;

    /// <summary>What a checkpoint of this model says.</summary>
    public ModelConfig Config { get; private set; }

    /// <summary>The architecture.</summary>
    public Flow Flow { get; }

    /// <summary>Where it runs. The model does not own it.</summary>
    public IBackend Backend { get; }

    /// <summary>The trained values.</summary>
    internal BufferView Weights => _weights.View;

    /// <summary>Device, weights and constants, for layers and plans.</summary>
    internal LayerContext Context => new(Backend, _weights.View, _constants.View, default, default, default);

    /// <summary>Excludes inference while weights change.</summary>
    internal ReaderWriterLockSlim Lease => _lease;

    /// <summary>A model with random weights, not yet initialized on data.</summary>
    /// <param name="config">Its sizes.</param>
    /// <param name="backend">Where it runs.</param>
    /// <param name="seed">The seed of the weights; the same on every device.</param>
    /// <exception cref="FlowException">The sizes do not fit each other.</exception>
    public static Model Create(ModelConfig config, IBackend backend, ulong seed)
    {
        Model model = new(config with { IsInitialized = false }, Glow.Build(config.Glow), backend);
        uint index = 0;
        foreach (Parameter parameter in model.Flow.Parameters.All)
        {
            HostRandom random = new(seed, RandomPurpose.Weights, index++);
            backend.Write(parameter.Initializer(random, parameter.Length), model.Context.Value(parameter));
        }

        return model;
    }

    /// <summary>A model from a checkpoint.</summary>
    /// <param name="path">The file.</param>
    /// <param name="backend">Where it runs.</param>
    /// <param name="change">From the file's configuration to the model's, for images of another size or another data
    /// set: a Glow's weights do not depend on them. Null to keep it.</param>
    /// <exception cref="FlowException">The file is missing, damaged, or does not hold what the configuration says.</exception>
    public static Model Load(string path, IBackend backend, Func<ModelConfig, ModelConfig>? change = null)
    {
        CheckpointFile checkpoint = CheckpointFile.Load(path);
        ModelConfig config = ModelConfig.Parse(checkpoint.Config, path);
        config = change is null ? config : change(config);
        Flow flow = Glow.Build(config.Glow);

        // Before anything is allocated by what the configuration says.
        ModelTensors.Verify(checkpoint, path, string.Empty, flow);
        Model model = new(config, flow, backend);
        try
        {
            ModelTensors.Read(checkpoint, path, string.Empty, flow, backend, model.Weights, model._constants.View);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Replaces the weights by the raw ones of a training run, where a checkpoint holds their moving average.</summary>
    /// <param name="path">The run's <c>training.safetensors</c>.</param>
    /// <exception cref="FlowException">The file is missing, damaged, or of another model.</exception>
    public void LoadRawWeights(string path)
    {
        _lease.EnterWriteLock();
        try
        {
            TrainingState.ReadRawWeights(path, this);
        }
        finally
        {
            _lease.ExitWriteLock();
        }
    }

    /// <summary>A model of the same architecture with other weights, copied.</summary>
    internal Model CopyWith(BufferView weights)
    {
        Model copy = new(Config, Flow, Backend) { BatchSize = BatchSize };
        Backend.Copy(weights, copy.Weights);
        Backend.Copy(_constants.View, copy._constants.View);
        return copy;
    }

    /// <summary>Writes a checkpoint, whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.Io"/>: it cannot be written.</exception>
    public void Save(string path) => Save(path, Weights);

    /// <summary>Writes a checkpoint with other weights than this model's own, such as their moving average.</summary>
    internal void Save(string path, BufferView weights) =>
        CheckpointFile.Save(path, [.. Tensors(weights)], Config.ToJson());

    /// <summary>The model's tensors as files hold them.</summary>
    internal IEnumerable<NamedTensor> Tensors(BufferView weights) =>
        ModelTensors.Write(string.Empty, Flow, Backend, weights, _constants.View);

    /// <summary>Log densities of images scaled to [-0.5, 0.5), in nats.</summary>
    /// <param name="images">(B, H, W, C).</param>
    /// <returns>(B).</returns>
    /// <exception cref="FlowException">The length is not a whole number of images, or the model is not initialized.</exception>
    public double[] LogProb(ReadOnlySpan<float> images)
    {
        int count = CountOf(images.Length);
        double[] result = new double[count];
        for (int first = 0; first < count; first += BatchSize)
        {
            int batch = Math.Min(BatchSize, count - first);
            using PlanLease lease = Rent(batch);
            Backend.Write(images.Slice(first * Flow.Dims, batch * Flow.Dims), lease.Plan.Input);
            RunLogProb(lease.Plan, result.AsSpan(first, batch));
        }

        return result;
    }

    /// <summary>Log densities of images given as grey levels, dequantized with uniform noise, in nats.</summary>
    /// <param name="levels">Levels 0 to bins - 1, (B, H, W, C).</param>
    /// <param name="seed">The seed of the noise.</param>
    /// <param name="firstIndex">The index of the first image: the noise of an image depends on its index alone.</param>
    /// <returns>(B), of the data scaled to [-0.5, 0.5).</returns>
    /// <exception cref="FlowException">The length is not a whole number of images, or the model is not initialized.</exception>
    public double[] LogProb(ReadOnlySpan<byte> levels, ulong seed, uint firstIndex = 0)
    {
        int count = CountOf(levels.Length);
        double[] result = new double[count];
        uint[] indices = new uint[Math.Min(BatchSize, count)];
        PhiloxKey key = new(seed, (uint)RandomPurpose.EvaluationNoise, 0);
        for (int first = 0; first < count; first += BatchSize)
        {
            int batch = Math.Min(BatchSize, count - first);
            for (int i = 0; i < batch; i++)
            {
                indices[i] = firstIndex + (uint)(first + i);
            }

            using PlanLease lease = Rent(batch);
            Backend.Dequantize(
                key,
                levels.Slice(first * Flow.Dims, batch * Flow.Dims),
                indices.AsSpan(0, batch),
                Config.Glow.Bins,
                lease.Plan.Input);
            RunLogProb(lease.Plan, result.AsSpan(first, batch));
        }

        return result;
    }

    /// <summary>The latents of images scaled to [-0.5, 0.5): one array per level, raw.</summary>
    /// <param name="images">(B, H, W, C).</param>
    /// <returns>By level, (B, h, w, c) of <see cref="Flow.LatentShapes"/>.</returns>
    /// <exception cref="FlowException">As for <see cref="LogProb(ReadOnlySpan{float})"/>.</exception>
    public float[][] Forward(ReadOnlySpan<float> images)
    {
        int count = CountOf(images.Length);
        float[][] latents = [.. Flow.LatentShapes(count).Select(shape => new float[shape.Length])];
        for (int first = 0; first < count; first += BatchSize)
        {
            int batch = Math.Min(BatchSize, count - first);
            using PlanLease lease = Rent(batch);
            Backend.Write(images.Slice(first * Flow.Dims, batch * Flow.Dims), lease.Plan.Input);
            lease.Plan.Forward();
            foreach ((BufferView latent, float[] target) in lease.Plan.Latents.Zip(latents))
            {
                int dims = target.Length / count;
                Backend.Read(latent, target.AsSpan(first * dims, batch * dims));
            }
        }

        return latents;
    }

    /// <summary>The images of latents: the inverse of <see cref="Forward"/>.</summary>
    /// <param name="latents">By level, as <see cref="Forward"/> gives them.</param>
    /// <returns>(B, H, W, C), scaled.</returns>
    /// <exception cref="FlowException">The lengths do not fit the model, or it is not initialized.</exception>
    public float[] Inverse(IReadOnlyList<float[]> latents)
    {
        ImageShape[] one = Flow.LatentShapes(1);
        int count = latents.Count > 0 ? latents[0].Length / (int)one[0].Length : 0;
        if (latents.Count != one.Length || latents.Where((z, l) => z.Length != count * one[l].Length).Any())
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"latents of lengths {string.Join(", ", latents.Select(z => z.Length))} were given, expected "
                + $"multiples of {string.Join(", ", one.Select(shape => shape.Length))}");
        }

        return RunInverse(count, null, (plan, first, batch) =>
        {
            foreach ((BufferView latent, float[] source) in plan.Latents.Zip(latents))
            {
                int dims = source.Length / count;
                Backend.Write(source.AsSpan(first * dims, batch * dims), latent);
            }
        });
    }

    /// <summary>Draws images.</summary>
    /// <param name="count">How many.</param>
    /// <param name="temperature">Scales the latent noise: 1 draws from the model, less gives likelier images.</param>
    /// <param name="seed">The seed; image i of a seed is always the same.</param>
    /// <returns>(count, H, W, C), scaled; quantize with <see cref="Quantize"/>.</returns>
    /// <exception cref="FlowException">An argument is out of range, or the model is not initialized.</exception>
    public float[] Sample(int count, double temperature, ulong seed)
    {
        if (count < 1 || !(temperature >= 0 && double.IsFinite(temperature)))
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"{count} samples at temperature {temperature} were asked for, expected at least 1 and a temperature of 0 or more");
        }

        return RunInverse(count, temperature, (plan, first, batch) =>
        {
            uint[] indices = [.. Enumerable.Range(first, batch).Select(i => (uint)i)];
            uint level = 0;
            foreach (BufferView latent in plan.Latents)
            {
                PhiloxKey key = new(seed, (uint)RandomPurpose.Sample, level++);
                Backend.PhiloxNormal(key, indices, (int)(latent.Length / batch), latent);
            }
        });
    }

    /// <summary>Scaled values to grey levels, clamped to the range of the data.</summary>
    /// <param name="images">Scaled to [-0.5, 0.5).</param>
    /// <returns>Levels 0 to bins - 1.</returns>
    public byte[] Quantize(ReadOnlySpan<float> images)
    {
        byte[] levels = new byte[images.Length];
        int bins = Config.Glow.Bins;
        for (int i = 0; i < levels.Length; i++)
        {
            // The comparison is false for NaN, which becomes black.
            float level = (images[i] + 0.5f) * bins;
            levels[i] = level > 0 ? (byte)Math.Min(level, bins - 1) : (byte)0;
        }

        return levels;
    }

    /// <summary>What each layer loses in a round trip on a batch, and how near it is to losing more.</summary>
    /// <param name="images">(B, H, W, C), scaled to [-0.5, 0.5).</param>
    /// <returns>One entry per layer, in the order of the forward pass.</returns>
    /// <exception cref="FlowException">As for <see cref="LogProb(ReadOnlySpan{float})"/>.</exception>
    public IReadOnlyList<LayerInvertibility> CheckInvertibility(ReadOnlySpan<float> images)
    {
        int count = CountOf(images.Length);
        using PlanLease lease = Rent(count);
        return InvertibilityReport.Run(Flow, Context, images, count);
    }

    /// <summary>The memory of one call of <see cref="LogProb(ReadOnlySpan{float})"/> or of one training step.</summary>
    /// <param name="batch">Images at once.</param>
    /// <param name="training">The memory mode of training; null for inference.</param>
    /// <returns>Bytes by name, largest first.</returns>
    public IReadOnlyList<(string Name, long Bytes)> PlanMemory(int batch, MemoryMode? training) =>
        MemoryPlanner.Describe(Flow, Context, _groups, batch, training);

    /// <summary>Marks the weights as initialized on data.</summary>
    internal void MarkInitialized() => Config = Config with { IsInitialized = true };

    /// <summary>Tells the model that its weights have changed.</summary>
    internal void Invalidate() => _preparedIsCurrent = false;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (FlowPlan plan in _plans.Values.SelectMany(bag => bag))
        {
            plan.Dispose();
        }

        _plans.Clear();
        _prepared?.Dispose();
        _weights.Dispose();
        _constants.Dispose();
        _lease.Dispose();
    }

    private int CountOf(long length)
    {
        if (length % Flow.Dims != 0)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"{length} values were given, expected a multiple of {Flow.Height}x{Flow.Width}x{Flow.Channels} = {Flow.Dims}");
        }

        return (int)(length / Flow.Dims);
    }

    private void RunLogProb(FlowPlan plan, Span<double> result)
    {
        plan.Forward();
        double[] logDet = new double[result.Length];
        Backend.Read(plan.LogPrior, result);
        Backend.Read(plan.LogDet, logDet);
        for (int i = 0; i < result.Length; i++)
        {
            result[i] += logDet[i];
        }
    }

    private float[] RunInverse(int count, double? temperature, Action<FlowPlan, int, int> fillLatents)
    {
        float[] images = new float[count * Flow.Dims];
        for (int first = 0; first < count; first += BatchSize)
        {
            int batch = Math.Min(BatchSize, count - first);
            using PlanLease lease = Rent(batch);
            fillLatents(lease.Plan, first, batch);
            lease.Plan.Inverse(temperature);
            Backend.Read(lease.Plan.Input, images.AsSpan(first * Flow.Dims, batch * Flow.Dims));
        }

        return images;
    }

    [SuppressMessage(
        "Reliability", "CA2000", Justification = "A plan goes back to its bag with the lease, and dies with the model.")]
    private PlanLease Rent(int batch)
    {
        if (!Config.IsInitialized)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument, "the model is not initialized on data: train it, or load trained weights");
        }

        _lease.EnterReadLock();
        try
        {
            PreparedWeights prepared = Prepared();
            ConcurrentBag<FlowPlan> bag = _plans.GetOrAdd(batch, _ => []);
            if (!bag.TryTake(out FlowPlan? plan))
            {
                plan = new FlowPlan(Flow, Context, prepared, _groups, batch, training: null);
            }

            return new PlanLease(plan, bag, _lease);
        }
        catch
        {
            _lease.ExitReadLock();
            throw;
        }
    }

    private PreparedWeights Prepared()
    {
        lock (_derivedLock)
        {
            _prepared ??= new PreparedWeights(_groups, Context, sharesNetworks: false);
            if (!_preparedIsCurrent)
            {
                _prepared.Refresh();
                _preparedIsCurrent = true;
            }

            return _prepared;
        }
    }

    private readonly ref struct PlanLease(FlowPlan plan, ConcurrentBag<FlowPlan> bag, ReaderWriterLockSlim readLock)
    {
        public FlowPlan Plan => plan;

        public void Dispose()
        {
            bag.Add(plan);
            readLock.ExitReadLock();
        }
    }
}
