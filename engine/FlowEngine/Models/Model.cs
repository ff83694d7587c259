using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

using FlowEngine.Checkpoints;
using FlowEngine.Data;
using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Likelihood;
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
        _weights = WholeMemory.Allocate(backend, Flow.Parameters.Length, "the model");
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

    /// <summary>The values that are stored but not trained.</summary>
    internal BufferView Constants => _constants.View;

    /// <summary>Counts the changes of the weights.</summary>
    internal long WeightsVersion { get; private set; }

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
        Model model = new(config with { IsInitialized = false }, config.Options.Build(), backend);
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
    /// set: the weights of convolutions do not depend on them. Null to keep it.</param>
    /// <exception cref="FlowException">The file is missing, damaged, or does not hold what the configuration says.</exception>
    public static Model Load(string path, IBackend backend, Func<ModelConfig, ModelConfig>? change = null) =>
        Load(CheckpointFile.Load(path), path, backend, change);

    /// <summary>A model from a checkpoint that is in memory or in another file.</summary>
    /// <param name="stream">Read from its position to its end; it can seek.</param>
    /// <param name="backend">Where it runs.</param>
    /// <param name="name">What errors call the stream.</param>
    /// <exception cref="FlowException">The checkpoint is damaged, or does not hold what the configuration says.</exception>
    public static Model Load(Stream stream, IBackend backend, string name = "stream") =>
        Load(CheckpointFile.Open(SafetensorsFile.Read(stream, name)), name, backend, change: null);

    private static Model Load(
        CheckpointFile checkpoint, string path, IBackend backend, Func<ModelConfig, ModelConfig>? change)
    {
        ModelConfig config = ModelConfig.Parse(checkpoint.Config, path);
        config = change is null ? config : change(config);
        Flow flow = config.Options.Build();

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

    /// <summary>Writes a checkpoint to a stream, whose own errors pass through.</summary>
    /// <param name="stream">Where to write, from its position on.</param>
    public void Save(Stream stream) => CheckpointFile.Save(stream, [.. Tensors(Weights)], Config.ToJson());

    /// <summary>Writes a checkpoint with other weights than this model's own, such as their moving average.</summary>
    internal void Save(string path, BufferView weights) =>
        CheckpointFile.Save(path, [.. Tensors(weights)], Config.ToJson());

    /// <summary>The model's tensors as files hold them.</summary>
    internal IEnumerable<NamedTensor> Tensors(BufferView weights) =>
        ModelTensors.Write(string.Empty, Flow, Backend, weights, _constants.View);

    /// <summary>Log densities of images scaled to [-0.5, 0.5), or of rows of a model of continuous data, in nats.</summary>
    /// <param name="images">(B, H, W, C).</param>
    /// <param name="condition">(B, N), or (N) for one of all; empty where the model has none.</param>
    /// <returns>(B); -∞ for a datum so far out that a value on its way to the latents leaves the range of float32.</returns>
    /// <exception cref="FlowException">The length is not a whole number of images, or the model is not initialized.</exception>
    public double[] LogProb(ReadOnlySpan<float> images, ReadOnlySpan<float> condition = default)
    {
        int count = CountOf(images.Length);
        RequireCondition(condition.Length, count);
        double[] result = new double[count];
        for (int first = 0; first < count; first += BatchSize)
        {
            int batch = Math.Min(BatchSize, count - first);
            using PlanLease lease = Rent(batch);
            WriteCondition(condition, first, batch, lease.Plan.Condition);
            Backend.Write(images.Slice(first * Flow.Dims, batch * Flow.Dims), lease.Plan.Input);
            RunLogProb(lease.Plan, result.AsSpan(first, batch));
        }

        return result;
    }

    /// <summary>Log densities of images given as grey levels, dequantized with uniform noise, in nats.</summary>
    /// <param name="levels">Levels 0 to bins - 1, (B, H, W, C).</param>
    /// <param name="seed">The seed of the noise.</param>
    /// <param name="firstIndex">The index of the first image: the noise of an image depends on its index alone.</param>
    /// <param name="condition">(B, N), or (N) for one of all; empty where the model has none.</param>
    /// <returns>(B), of the data scaled to [-0.5, 0.5).</returns>
    /// <exception cref="FlowException">The length is not a whole number of images, or the model is not initialized.</exception>
    public double[] LogProb(
        ReadOnlySpan<byte> levels, ulong seed, uint firstIndex = 0, ReadOnlySpan<float> condition = default)
    {
        int count = CountOf(levels.Length);
        RequireCondition(condition.Length, count);
        double[] result = new double[count];
        for (int first = 0; first < count; first += BatchSize)
        {
            int batch = Math.Min(BatchSize, count - first);
            using PlanLease lease = Rent(batch);
            WriteCondition(condition, first, batch, lease.Plan.Condition);
            Dequantize(
                Noise(seed),
                levels.Slice(first * Flow.Dims, batch * Flow.Dims),
                firstIndex + (uint)first,
                lease.Plan.Input);
            RunLogProb(lease.Plan, result.AsSpan(first, batch));
        }

        return result;
    }

    /// <summary>Log densities of images, or of rows of continuous data, under every class.</summary>
    /// <remarks>
    /// Where the priors alone read the class, the latents are computed once and then every class's prior. With the
    /// logarithms of the classes' frequencies added, the largest of a row is the answer of the classifier by Bayes' rule.
    /// </remarks>
    /// <param name="images">(B, H, W, C), scaled to [-0.5, 0.5).</param>
    /// <returns>(B, N), nats.</returns>
    /// <exception cref="FlowException">As for <see cref="LogProb(ReadOnlySpan{float}, ReadOnlySpan{float})"/>, or the
    /// model is not of classes.</exception>
    public double[] ClassLogProb(ReadOnlySpan<float> images)
    {
        ConditionOptions classes = RequireClasses();
        int count = CountOf(images.Length);
        double[] result = new double[(long)count * classes.Length];
        for (int first = 0; first < count; first += BatchSize)
        {
            int batch = Math.Min(BatchSize, count - first);
            using PlanLease lease = Rent(batch);
            Backend.Write(images.Slice(first * Flow.Dims, batch * Flow.Dims), lease.Plan.Input);
            RunClasses(lease.Plan, classes, result.AsSpan(first * classes.Length, batch * classes.Length));
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
        ConditionOptions classes = RequireClasses();
        int count = CountOf(levels.Length);
        double[] result = new double[(long)count * classes.Length];
        for (int first = 0; first < count; first += BatchSize)
        {
            int batch = Math.Min(BatchSize, count - first);
            using PlanLease lease = Rent(batch);
            Dequantize(
                Noise(seed),
                levels.Slice(first * Flow.Dims, batch * Flow.Dims),
                firstIndex + (uint)first,
                lease.Plan.Input);
            RunClasses(lease.Plan, classes, result.AsSpan(first * classes.Length, batch * classes.Length));
        }

        return result;
    }

    /// <summary>Grey levels to scaled images, with the noise that
    /// <see cref="LogProb(ReadOnlySpan{byte}, ulong, uint, ReadOnlySpan{float})"/> adds.</summary>
    /// <param name="levels">Levels 0 to bins - 1, (B, H, W, C).</param>
    /// <param name="seed">The seed of the noise.</param>
    /// <param name="firstIndex">The index of the first image.</param>
    /// <returns>(B, H, W, C), scaled to [-0.5, 0.5).</returns>
    /// <exception cref="FlowException">The length is not a whole number of images, or a level is not below bins.</exception>
    public float[] Dequantize(ReadOnlySpan<byte> levels, ulong seed, uint firstIndex = 0)
    {
        int count = CountOf(levels.Length);
        float[] images = new float[levels.Length];
        for (int first = 0; first < count; first += BatchSize)
        {
            int batch = Math.Min(BatchSize, count - first);
            Range part = (first * Flow.Dims)..((first + batch) * Flow.Dims);
            using DeviceBuffer scaled = Backend.Allocate(batch * Flow.Dims);
            Dequantize(Noise(seed), levels[part], firstIndex + (uint)first, scaled.View);
            Backend.Read(scaled.View, images.AsSpan(part));
        }

        return images;
    }

    /// <summary>The latents of images scaled to [-0.5, 0.5): one array per level, raw.</summary>
    /// <param name="images">(B, H, W, C).</param>
    /// <param name="condition">(B, N), or (N) for one of all; empty where the model has none.</param>
    /// <returns>By level, (B, h, w, c) of <see cref="Flow.LatentShapes"/>.</returns>
    /// <exception cref="FlowException">As for <see cref="LogProb(ReadOnlySpan{float}, ReadOnlySpan{float})"/>.</exception>
    public float[][] Forward(ReadOnlySpan<float> images, ReadOnlySpan<float> condition = default) =>
        RunForward(images, condition, standardize: false, logProb: default);

    /// <summary>The latents of images as their priors have them: under the model every value is standard.</summary>
    /// <param name="images">(B, H, W, C), scaled to [-0.5, 0.5).</param>
    /// <param name="logProb">The log densities of the images, nats.</param>
    /// <param name="condition">(B, N), or (N) for one of all; empty where the model has none.</param>
    /// <returns>By level, (B, h, w, c) of <see cref="Flow.LatentShapes"/>: (z - m) e^(-q) of a prior of mean m and log
    /// scale q.</returns>
    /// <exception cref="FlowException">As for <see cref="LogProb(ReadOnlySpan{float}, ReadOnlySpan{float})"/>.</exception>
    public float[][] Standardize(
        ReadOnlySpan<float> images, out double[] logProb, ReadOnlySpan<float> condition = default)
    {
        logProb = new double[CountOf(images.Length)];
        return RunForward(images, condition, standardize: true, logProb);
    }

    /// <summary>The images of latents: the inverse of <see cref="Forward"/>.</summary>
    /// <remarks>
    /// In float32 an image comes back to about 1e-5 over 32 steps. On a backend of reduced precision it is 2e-3 (TF32) or
    /// 8e-3 (bf16): encode and decode in float32, which backends open with.
    /// </remarks>
    /// <param name="latents">By level, as <see cref="Forward"/> gives them.</param>
    /// <param name="condition">(B, N), or (N) for one of all; empty where the model has none.</param>
    /// <returns>(B, H, W, C), scaled.</returns>
    /// <exception cref="FlowException">The lengths do not fit the model, or it is not initialized.</exception>
    public float[] Inverse(IReadOnlyList<float[]> latents, ReadOnlySpan<float> condition = default) =>
        RunInverse(latents, [], condition);

    /// <summary>The images of latents as their priors have them: the inverse of <see cref="Standardize"/>.</summary>
    /// <param name="latents">By level, as <see cref="Standardize"/> gives them.</param>
    /// <param name="condition">(B, N), or (N) for one of all; empty where the model has none.</param>
    /// <returns>(B, H, W, C), scaled.</returns>
    /// <exception cref="FlowException">The lengths do not fit the model, or it is not initialized.</exception>
    public float[] Destandardize(IReadOnlyList<float[]> latents, ReadOnlySpan<float> condition = default) =>
        RunInverse(latents, Flow.Levels[^1].Prior.Kind == PriorKind.Gaussian ? [1] : [], condition);

    private float[] RunInverse(
        IReadOnlyList<float[]> latents, ReadOnlySpan<double> temperatures, ReadOnlySpan<float> condition)
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

        return RunInverse(count, temperatures, condition, (plan, first, batch) =>
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
    /// <param name="firstIndex">The index i of the first image.</param>
    /// <param name="condition">(count, N), or (N) for one of all; empty where the model has none.</param>
    /// <returns>(count, H, W, C), scaled; quantize with <see cref="Quantize"/>.</returns>
    /// <exception cref="FlowException">An argument is out of range, or the model is not initialized.</exception>
    public float[] Sample(
        int count, double temperature, ulong seed, uint firstIndex = 0, ReadOnlySpan<float> condition = default) =>
        Sample(count, [temperature], seed, firstIndex, condition);

    /// <summary>Draws images with a temperature for each level.</summary>
    /// <param name="count">How many.</param>
    /// <param name="temperatures">What scales the latent noise: one for each level, the finest first; or one of all.</param>
    /// <param name="seed">The seed; image i of a seed is always the same.</param>
    /// <param name="firstIndex">The index i of the first image.</param>
    /// <param name="condition">(count, N), or (N) for one of all; empty where the model has none.</param>
    /// <returns>(count, H, W, C), scaled; quantize with <see cref="Quantize"/>.</returns>
    /// <exception cref="FlowException">An argument is out of range, or the model is not initialized.</exception>
    public float[] Sample(
        int count,
        ReadOnlySpan<double> temperatures,
        ulong seed,
        uint firstIndex = 0,
        ReadOnlySpan<float> condition = default)
    {
        RequireTemperatures(temperatures);
        if (count < 1)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument, $"{count} samples were asked for, expected at least 1");
        }

        return RunInverse(count, temperatures, condition, (plan, first, batch) =>
        {
            uint[] indices = [.. Enumerable.Range(first, batch).Select(i => firstIndex + (uint)i)];
            plan.DrawNoise(seed, indices);
        });
    }

    /// <summary>Scaled values to grey levels, clamped to the range of the data.</summary>
    /// <param name="images">Scaled to [-0.5, 0.5).</param>
    /// <returns>Levels 0 to bins - 1.</returns>
    /// <exception cref="FlowException">The model is of continuous data.</exception>
    public byte[] Quantize(ReadOnlySpan<float> images)
    {
        byte[] levels = new byte[images.Length];
        int bins = Bins;
        for (int i = 0; i < levels.Length; i++)
        {
            // The comparison is false for NaN, which becomes black.
            float level = (images[i] + 0.5f) * bins;
            levels[i] = level > 0 ? (byte)Math.Min(level, bins - 1) : (byte)0;
        }

        return levels;
    }

    /// <summary>Data-dependent initialization of a new model: every ActNorm on what reaches it of a batch.</summary>
    /// <param name="images">(B, H, W, C), scaled to [-0.5, 0.5).</param>
    /// <param name="condition">(B, N), or (N) for one of all; empty where the model has none.</param>
    /// <exception cref="FlowException">The length is not a whole number of images, or the model is initialized already.</exception>
    public void Initialize(ReadOnlySpan<float> images, ReadOnlySpan<float> condition = default)
    {
        int count = CountOf(images.Length);
        RequireCondition(condition.Length, count);
        if (Config.IsInitialized || count == 0)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                count == 0 ? "no images were given to initialize the model on" : "the model is initialized already");
        }

        _lease.EnterWriteLock();
        try
        {
            using LayerWalk walk = new(Flow, Context, count);
            Backend.Write(images, walk.Input);
            WriteCondition(condition, 0, count, walk.Condition);
            walk.Run(initialize: true, visit: null);
            MarkInitialized();
            Invalidate();
        }
        finally
        {
            _lease.ExitWriteLock();
        }
    }

    /// <summary>Copies the trained values, or the constants, as <see cref="Parameter.Offset"/> lays them out.</summary>
    /// <param name="values">As many as <see cref="ParameterSet.Length"/> or <see cref="ParameterSet.ConstantLength"/>.</param>
    /// <param name="constants">True for the constants.</param>
    /// <exception cref="FlowException">The length is another.</exception>
    public void ReadParameters(Span<float> values, bool constants = false)
    {
        BufferView flat = FlatParameters(values.Length, constants);
        _lease.EnterReadLock();
        try
        {
            Backend.Read(flat, values);
        }
        finally
        {
            _lease.ExitReadLock();
        }
    }

    /// <summary>Replaces the trained values, which makes the model an initialized one, or the constants.</summary>
    /// <param name="values">As <see cref="ReadParameters"/> gives them.</param>
    /// <param name="constants">True for the constants.</param>
    /// <exception cref="FlowException">The length is another, or a value is none such a parameter has.</exception>
    public void WriteParameters(ReadOnlySpan<float> values, bool constants = false)
    {
        BufferView flat = FlatParameters(values.Length, constants);
        foreach (Parameter parameter in Flow.Parameters.All.Where(parameter => parameter.IsConstant == constants))
        {
            ReadOnlySpan<float> part = values.Slice((int)parameter.Offset, parameter.Length);
            string? fault = constants || part.ContainsAnyExceptInRange(float.MinValue, float.MaxValue)
                ? ModelTensors.Fault(parameter, Array.ConvertAll(part.ToArray(), value => (double)value))
                : null;
            if (fault is not null)
            {
                throw new FlowException(FlowErrorKind.InvalidArgument, $"{parameter.Name} {fault}");
            }
        }

        _lease.EnterWriteLock();
        try
        {
            Backend.Write(values, flat);
            if (!constants)
            {
                MarkInitialized();
            }

            Invalidate();
        }
        finally
        {
            _lease.ExitWriteLock();
        }
    }

    /// <summary>What each layer loses in a round trip on a batch, and how near it is to losing more.</summary>
    /// <param name="images">(B, H, W, C), scaled to [-0.5, 0.5).</param>
    /// <param name="condition">(B, N), or (N) for one of all; empty where the model has none.</param>
    /// <returns>One entry per layer, in the order of the forward pass.</returns>
    /// <exception cref="FlowException">As for <see cref="LogProb(ReadOnlySpan{float}, ReadOnlySpan{float})"/>.</exception>
    public IReadOnlyList<LayerInvertibility> CheckInvertibility(
        ReadOnlySpan<float> images, ReadOnlySpan<float> condition = default)
    {
        int count = CountOf(images.Length);
        RequireCondition(condition.Length, count);
        using PlanLease lease = Rent(count);
        return InvertibilityReport.Run(Flow, Context, images, ConditionRows(condition, 0, count), count);
    }

    /// <summary>
    /// The memory of one call of <see cref="LogProb(ReadOnlySpan{float}, ReadOnlySpan{float})"/> or of one training step.
    /// </summary>
    /// <param name="batch">Images at once.</param>
    /// <param name="training">The memory mode of training; null for inference.</param>
    /// <returns>Bytes by name, largest first.</returns>
    public IReadOnlyList<(string Name, long Bytes)> PlanMemory(int batch, MemoryMode? training) =>
        MemoryPlanner.Describe(Flow, Context, _groups, batch, training);

    /// <summary>The largest batch whose plan fits so much memory; 0 if not even one image does.</summary>
    /// <param name="training">The memory mode of training; null for inference.</param>
    /// <param name="bytes">The memory.</param>
    public int LargestBatch(MemoryMode? training, long bytes) => MemoryPlanner.LargestBatch(
        batch => PlanMemory(batch, training).Sum(part => part.Bytes),
        bytes,
        (int)Math.Min(1 << 16, int.MaxValue / Flow.Dims));

    /// <summary>Checks that noise can be scaled by temperatures.</summary>
    /// <exception cref="FlowException">One is negative or no number, or they are neither one nor one a level.</exception>
    internal void RequireTemperatures(ReadOnlySpan<double> temperatures)
    {
        int levels = Flow.Levels.Count;
        if (temperatures.Length != 1 && temperatures.Length != levels)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"{temperatures.Length} temperatures were given, expected one, or one for each of {levels} levels");
        }

        foreach (double temperature in temperatures)
        {
            RequireTemperature(temperature);
        }
    }

    /// <summary>Checks that noise can be scaled by a temperature.</summary>
    /// <exception cref="FlowException">It is negative or no number.</exception>
    internal static void RequireTemperature(double temperature)
    {
        if (!(temperature >= 0 && double.IsFinite(temperature)))
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument, $"the temperature is {temperature}, expected 0 or more");
        }
    }

    /// <summary>Checks that so many images can be computed at once.</summary>
    /// <exception cref="FlowException">They are too many, or none.</exception>
    internal void RequireBatch(int batch)
    {
        if (batch < 1 || (long)batch * Flow.Dims > int.MaxValue)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"a batch of {batch} images of {Flow.Dims} values is not in 1 to 2^31 - 1 values");
        }
    }

    /// <summary>Tells the model what its data are; its checkpoint will say so.</summary>
    /// <param name="schema">What it knows of its data from now on.</param>
    /// <exception cref="FlowException">The schema is of another model.</exception>
    public void SetSchema(DataSchema schema)
    {
        schema.RequireFits(Config.Options);
        Config = Config with { Data = schema };
    }

    /// <summary>Says what <see cref="ModelConfig.TrainingLogProb"/> is of these weights.</summary>
    internal void SetTrainingLogProb(double? nats) => Config = Config with { TrainingLogProb = nats };

    /// <summary>Marks the weights as initialized on data.</summary>
    internal void MarkInitialized() => Config = Config with { IsInitialized = true };

    /// <summary>Tells the model that its weights have changed.</summary>
    internal void Invalidate()
    {
        _preparedIsCurrent = false;
        WeightsVersion++;
    }

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

    /// <summary>The grey levels of the data.</summary>
    /// <exception cref="FlowException">The data are continuous.</exception>
    internal int Bins => Config.Options.Bins
        ?? throw new FlowException(
            FlowErrorKind.InvalidArgument, "the model is of continuous data: it has no grey levels");

    /// <summary>How many images so many values are.</summary>
    /// <exception cref="FlowException">Not a whole number.</exception>
    internal int CountOf(long length)
    {
        if (length % Flow.Dims != 0)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"{length} values were given, expected a multiple of {Flow.Height}x{Flow.Width}x{Flow.Channels} = {Flow.Dims}");
        }

        return (int)(length / Flow.Dims);
    }

    private BufferView FlatParameters(int length, bool constants)
    {
        BufferView flat = constants ? _constants.View : _weights.View;
        return length == flat.Length
            ? flat
            : throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"{length} {(constants ? "constants" : "parameters")} were given, expected {flat.Length}");
    }

    /// <summary>The stream of the noise that grey levels are dequantized with.</summary>
    internal static PhiloxKey Noise(ulong seed) => new(seed, (uint)RandomPurpose.EvaluationNoise, 0);

    /// <summary>Grey levels to scaled images.</summary>
    /// <param name="key">The stream of the noise.</param>
    /// <param name="levels">(B, H, W, C), below the model's bins: an error says where they are not.</param>
    /// <param name="firstIndex">Counts the images in the stream.</param>
    /// <param name="scaled">(B, H, W, C), overwritten.</param>
    internal void Dequantize(PhiloxKey key, ReadOnlySpan<byte> levels, uint firstIndex, BufferView scaled)
    {
        RequireLevels(levels, firstIndex);
        uint[] indices = [.. Enumerable.Range(0, levels.Length / Flow.Dims).Select(i => firstIndex + (uint)i)];
        Backend.Dequantize(key, levels, indices, Bins, scaled);
    }

    /// <summary>Checks that grey levels are below the model's bins.</summary>
    /// <param name="levels">(B, H, W, C).</param>
    /// <param name="firstIndex">What the error counts images from.</param>
    /// <exception cref="FlowException">A level is not: the error says where.</exception>
    internal void RequireLevels(ReadOnlySpan<byte> levels, long firstIndex)
    {
        int bins = Bins;
        if (bins < 256 && levels.IndexOfAnyInRange((byte)bins, byte.MaxValue) is int bad and >= 0)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"image {firstIndex + (bad / Flow.Dims)} has the level {levels[bad]}, expected 0 to {bins - 1}");
        }
    }

    /// <summary>Checks that a condition is one of so many data, or one for all of them.</summary>
    /// <exception cref="FlowException">It is missing, of another length, or the model has none.</exception>
    internal void RequireCondition(long length, int count)
    {
        ConditionOptions? options = Config.Options.Condition;
        int expected = options?.Length ?? 0;
        if (length != expected && length != (long)expected * count)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                options is null
                    ? $"a condition of {length} numbers was given, and the model has none"
                    : length == 0
                        ? $"the model is conditional on {options.What}: "
                            + $"expected {(options.IsClass ? "labels" : "their values")}"
                        : $"a condition of {length} numbers was given, expected {options.Length} for each of {count} data");
        }
    }

    /// <summary>Writes the conditions of some data.</summary>
    /// <param name="condition">(count, N) of all data, or (N).</param>
    /// <param name="first">The first of them.</param>
    /// <param name="batch">How many.</param>
    /// <param name="target">(batch, N).</param>
    internal void WriteCondition(ReadOnlySpan<float> condition, int first, int batch, BufferView target)
    {
        if (target.Length > 0)
        {
            Backend.Write(ConditionRows(condition, first, batch), target);
        }
    }

    private ReadOnlySpan<float> ConditionRows(ReadOnlySpan<float> condition, int first, int batch)
    {
        int length = Flow.ConditionLength;
        if (condition.Length != length)
        {
            return condition.Slice(first * length, batch * length);
        }

        float[] rows = new float[batch * length];
        for (int i = 0; i < batch; i++)
        {
            condition.CopyTo(rows.AsSpan(i * length));
        }

        return rows;
    }

    private ConditionOptions RequireClasses() => Config.Options.Condition is { IsClass: true } classes
        ? classes
        : throw new FlowException(FlowErrorKind.InvalidArgument, "the model is not conditional on classes");

    /// <summary>Log densities of what is in a plan's input under every class.</summary>
    private void RunClasses(FlowPlan plan, ConditionOptions classes, Span<double> result)
    {
        int batch = plan.Shape.Batch;
        double[] logProb = new double[batch];
        float[] row = new float[classes.Length];
        for (int c = 0; c < classes.Length; c++)
        {
            Array.Clear(row);
            row[c] = 1;
            WriteCondition(row, 0, batch, plan.Condition);
            if (c == 0 || classes.IntoNetworks)
            {
                plan.Forward();
            }
            else
            {
                plan.LogPriors();
            }

            ReadLogProb(plan, logProb);
            for (int i = 0; i < batch; i++)
            {
                result[(i * classes.Length) + c] = logProb[i];
            }
        }
    }

    /// <param name="images">(B, H, W, C), scaled.</param>
    /// <param name="condition">(B, N), (N), or empty.</param>
    /// <param name="standardize">True for the latents as their priors have them.</param>
    /// <param name="logProb">(B), or empty.</param>
    private float[][] RunForward(
        ReadOnlySpan<float> images, ReadOnlySpan<float> condition, bool standardize, Span<double> logProb)
    {
        int count = CountOf(images.Length);
        RequireCondition(condition.Length, count);
        float[][] latents = [.. Flow.LatentShapes(count).Select(shape => new float[shape.Length])];
        for (int first = 0; first < count; first += BatchSize)
        {
            int batch = Math.Min(BatchSize, count - first);
            using PlanLease lease = Rent(batch);
            WriteCondition(condition, first, batch, lease.Plan.Condition);
            Backend.Write(images.Slice(first * Flow.Dims, batch * Flow.Dims), lease.Plan.Input);
            lease.Plan.Forward();
            if (!logProb.IsEmpty)
            {
                ReadLogProb(lease.Plan, logProb.Slice(first, batch));
            }

            if (standardize)
            {
                lease.Plan.Standardize();
            }

            foreach ((BufferView latent, float[] target) in lease.Plan.Latents.Zip(latents))
            {
                int dims = target.Length / count;
                Backend.Read(latent, target.AsSpan(first * dims, batch * dims));
            }
        }

        return latents;
    }

    private void RunLogProb(FlowPlan plan, Span<double> result)
    {
        plan.Forward();
        ReadLogProb(plan, result);
    }

    private void ReadLogProb(FlowPlan plan, Span<double> result)
    {
        double[] logDet = new double[result.Length];
        Backend.Read(plan.LogPrior, result);
        Backend.Read(plan.LogDet, logDet);
        for (int i = 0; i < result.Length; i++)
        {
            result[i] += logDet[i];
        }

        LowerOverflowed(plan, result);
    }

    /// <summary>
    /// Values beyond the range of float32 become infinite, and what is made of them NaN: but the density of such a datum is
    /// known to be below every number. What was not finite when it came in stays NaN.
    /// </summary>
    private void LowerOverflowed(FlowPlan plan, Span<double> result)
    {
        float[]? input = null;
        for (int i = 0; i < result.Length; i++)
        {
            if (!double.IsNaN(result[i]))
            {
                continue;
            }

            if (input is null)
            {
                input = new float[plan.Shape.Length];
                Backend.Read(plan.Input, input);
            }

            if (Array.TrueForAll(input[(i * Flow.Dims)..((i + 1) * Flow.Dims)], float.IsFinite))
            {
                result[i] = double.NegativeInfinity;
            }
        }
    }

    private float[] RunInverse(
        int count,
        ReadOnlySpan<double> temperatures,
        ReadOnlySpan<float> condition,
        Action<FlowPlan, int, int> fillLatents)
    {
        RequireCondition(condition.Length, count);
        float[] images = new float[count * Flow.Dims];
        for (int first = 0; first < count; first += BatchSize)
        {
            int batch = Math.Min(BatchSize, count - first);
            using PlanLease lease = Rent(batch);
            WriteCondition(condition, first, batch, lease.Plan.Condition);
            fillLatents(lease.Plan, first, batch);
            lease.Plan.Inverse(temperatures);
            Backend.Read(lease.Plan.Input, images.AsSpan(first * Flow.Dims, batch * Flow.Dims));
        }

        return images;
    }

    /// <summary>A plan for one call, with the weights as they are now.</summary>
    /// <param name="batch">Images.</param>
    /// <exception cref="FlowException">The model is not initialized.</exception>
    [SuppressMessage(
        "Reliability", "CA2000", Justification = "A plan goes back to its bag with the lease, and dies with the model.")]
    internal PlanLease Rent(int batch)
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
            _prepared ??= new PreparedWeights(_groups, Context, training: null);
            if (!_preparedIsCurrent)
            {
                _prepared.Refresh();
                _preparedIsCurrent = true;
            }

            return _prepared;
        }
    }

    /// <summary>A plan on loan; weights do not change until it is given back.</summary>
    internal readonly ref struct PlanLease(FlowPlan plan, ConcurrentBag<FlowPlan> bag, ReaderWriterLockSlim readLock)
    {
        public FlowPlan Plan => plan;

        public void Dispose()
        {
            bag.Add(plan);
            readLock.ExitReadLock();
        }
    }
}
