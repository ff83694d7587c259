using System.Diagnostics.CodeAnalysis;

using FlowEngine.Architecture;
using FlowEngine.Checkpoints;
using FlowEngine.Data;
using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Tensors;

namespace FlowEngine.Models;

/// <summary>A flow with weights, on a device. <see cref="ModelInference"/> has its densities, latents and samples.</summary>
/// <remarks>
/// <para>
/// Many threads may call one model at once: weights and what is derived from them are shared, each call has a plan of its
/// own. Training changes the weights only while no such call runs.
/// </para>
/// <para>The number of images is free: they run in batches of <see cref="BatchSize"/>, which does not change any result.</para>
/// </remarks>
public sealed class Model : IDisposable
{
    private readonly DeviceBuffer _weights;
    private readonly DeviceBuffer _constants;
    private readonly ReaderWriterLockSlim _lease = new();
    private readonly Lock _derivedLock = new();
    private readonly PlanPool _plans;
    private PreparedWeights? _prepared;
    private bool _preparedIsCurrent;

    private Model(ModelConfig config, Flow flow, IBackend backend)
    {
        Config = config;
        Backend = backend;
        Flow = flow;
        Lowered = LoweredFlow.Of(flow);
        _plans = new PlanPool(
            backend,
            PlanPool.DefaultCapacity,
            batch => new FlowPlan(Lowered, Context, Prepared(), batch, training: null));
        GradientPlans = new GradientPlanPool(this);
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

    /// <summary>
    /// Whether steps of Glow run fused, as is the default. False runs every layer by its own passes, for debugging: then a
    /// breakpoint in a layer is hit, results agree up to rounding, and all is slower. Trainers and tapes take what is set
    /// when they are made.
    /// </summary>
    public bool FusesSteps
    {
        get;
        set
        {
            _lease.EnterWriteLock();
            try
            {
                field = value;
                Lowered = LoweredFlow.Of(Flow, value);
                _plans.Trim(0);
                GradientPlans.Clear();
                _prepared?.Dispose();
                _prepared = null;
                _preparedIsCurrent = false;
            }
            finally
            {
                _lease.ExitWriteLock();
            }
        }
    } = true;

    /// <summary>The layers, grouped as they run.</summary>
    internal LoweredFlow Lowered { get; private set; }

    /// <summary>The plans with a backward pass.</summary>
    internal GradientPlanPool GradientPlans { get; }

    /// <summary>The plans that no call uses now.</summary>
    internal PlanPool Plans => _plans;

    /// <summary>The trained values.</summary>
    internal BufferView Weights => _weights.View;

    /// <summary>The values that are stored but not trained.</summary>
    internal BufferView Constants => _constants.View;

    /// <summary>Counts the changes of the weights.</summary>
    internal long WeightsVersion { get; private set; }

    /// <summary>Device, weights and constants, for layers and plans.</summary>
    internal LayerContext Context => new(Backend, _weights.View, _constants.View, default, default, default);

    /// <summary>Told how many samples of a call are computed, batch by batch; null for nobody.</summary>
    internal Action<int>? Computed { get; set; }

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
    /// <param name="path">The file, the folder of a training run, or <see cref="CheckpointFile.BuiltIn"/>.</param>
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

    /// <summary>A model from a checkpoint that was read.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="path">What errors call it.</param>
    /// <param name="backend">Where it runs.</param>
    /// <param name="change">From the checkpoint's configuration to the model's; null to keep it.</param>
    internal static Model Load(
        CheckpointFile checkpoint, string path, IBackend backend, Func<ModelConfig, ModelConfig>? change)
    {
        if (checkpoint.Tensors.Keys.Any(name => name.StartsWith(ModelTensors.RawWeightsPrefix, StringComparison.Ordinal)))
        {
            throw new FlowException(
                FlowErrorKind.BadFormat,
                $"{path}: is the state of a training run, expected a model: the {CheckpointFile.NameInRun} beside it");
        }

        ModelConfig config = ModelConfig.Parse(checkpoint.Config, path);
        config = change is null ? config : change(config);

        // As it is built, so that no more is made than the file has values for.
        ParameterSet parameters = new(parameter => ModelTensors.Find(checkpoint, path, string.Empty, parameter));
        Flow flow = config.Options.Kind.Build(config.Options, parameters);
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
            CheckpointFile file = CheckpointFile.Load(path);
            ModelTensors.Verify(file, path, ModelTensors.RawWeightsPrefix, Flow, constants: false);
            ModelTensors.Read(file, path, ModelTensors.RawWeightsPrefix, Flow, Backend, Weights, default);
            Invalidate();
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

    /// <summary>Data-dependent initialization of a new model: every ActNorm on what reaches it of a batch.</summary>
    /// <param name="images">(B, H, W, C), scaled to [-0.5, 0.5).</param>
    /// <param name="condition">(B, N), or (N) for one of all; empty where the model has none.</param>
    /// <exception cref="FlowException">The length is not a whole number of images, or the model is initialized already.</exception>
    public void Initialize(ReadOnlySpan<float> images, ReadOnlySpan<float> condition = default)
    {
        int count = (int)this.CountOf(images.Length);
        this.RequireCondition(condition.Length, count);
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
            this.WriteCondition(condition, 0, count, walk.Condition);
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
    /// <exception cref="FlowException">The length is another, or a parameter cannot have a value.</exception>
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

    /// <summary>
    /// Does now what the first call for densities or latents of a batch has to do beside computing: derives what the weights
    /// are used as, lays out memory, and makes the kernels of a GPU ready. Needed again after the weights change.
    /// </summary>
    /// <param name="batch">Images at once, 1 to 65536 and at most 2^31 - 1 values.</param>
    /// <exception cref="FlowException">The batch is out of range, the model is not initialized, or memory is short.</exception>
    public void Prepare(int batch)
    {
        if (batch < 1 || batch > Flow.LargestBatch)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument, $"batch is {batch}, expected 1 to {Flow.LargestBatch}");
        }

        using PlanLease lease = Rent(batch);
        Backend.Fill(lease.Plan.Input, 0);
        if (!lease.Plan.Condition.IsEmpty)
        {
            Backend.Fill(lease.Plan.Condition, 0);
        }

        lease.Plan.Forward();
        Backend.Read(lease.Plan.LogPrior, new double[batch]);
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
        GradientPlans.Clear();
        _plans.Dispose();
        _prepared?.Dispose();
        _weights.Dispose();
        _constants.Dispose();
        _lease.Dispose();
    }

    /// <summary>A plan for one call, with the weights as they are now.</summary>
    /// <param name="batch">Images.</param>
    /// <exception cref="FlowException">The model is not initialized, or memory is short.</exception>
    [SuppressMessage(
        "Reliability", "CA2000", Justification = "A plan goes back to its pool with the lease, and dies with the model.")]
    internal PlanLease Rent(int batch)
    {
        this.RequireInitialized();
        _lease.EnterReadLock();
        try
        {
            _ = Prepared();
            return new PlanLease(_plans.Rent(batch), _plans, _lease);
        }
        catch
        {
            _lease.ExitReadLock();
            throw;
        }
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

    private PreparedWeights Prepared()
    {
        lock (_derivedLock)
        {
            _prepared ??= new PreparedWeights(Lowered, Context, training: null);
            if (!_preparedIsCurrent)
            {
                _prepared.Refresh();
                _preparedIsCurrent = true;
            }

            return _prepared;
        }
    }
}
