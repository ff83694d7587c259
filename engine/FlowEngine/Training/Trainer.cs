using FlowEngine.Data;
using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Likelihood;
using FlowEngine.Models;
using FlowEngine.Tensors;

namespace FlowEngine.Training;

/// <summary>Trains a model by maximum likelihood: the loss is the mean bits per dimension of a batch.</summary>
/// <remarks>Of continuous data, which have no code length, bits per dimension are -LogProb / (D ln 2). One thread at a time. The model can be used for inference between steps.</remarks>
public sealed class Trainer : IDisposable
{
    private readonly IBackend _backend;
    private readonly BatchLoader? _loader;
    private readonly Arena _arena = new();
    private readonly ArenaRegion _gradients;
    private readonly ArenaRegion _moment1;
    private readonly ArenaRegion _moment2;
    private readonly ArenaRegion _average;
    private readonly ArenaRegion _sumOfSquares;
    private readonly ArenaRegion _dLogProb;
    private readonly PreparedWeights _prepared;
    private readonly FlowPlan _plan;
    private readonly double[] _logProb;
    private readonly double[] _logDet;
    private readonly double[] _scalar = new double[1];

    /// <summary>Lays out the memory of training and allocates it.</summary>
    /// <param name="model">The model to train.</param>
    /// <param name="data">The training images, of the model's shape and grey levels.</param>
    /// <param name="options">How to train.</param>
    /// <exception cref="FlowException">The data do not fit the model, an option is out of range, or memory is short.</exception>
    public Trainer(Model model, ImageDataset data, TrainerOptions options)
        : this(model, options with { Batch = Math.Min(options.Batch, Math.Max(1, data.Count)) })
    {
        try
        {
            data.RequireFits(model.Config.Options);
            if (data.Count == 0)
            {
                throw new FlowException(FlowErrorKind.InvalidArgument, $"{data.Name} has no training images");
            }

            _loader = new BatchLoader(_backend, data, Options.Batch, options.Seed, options.Flip);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Lays out the memory of training and allocates it, for a caller who hands every batch over.</summary>
    /// <param name="model">The model to train; initialized, or to be before the first step.</param>
    /// <param name="options">How to train.</param>
    /// <exception cref="FlowException">An option is out of range, or memory is short.</exception>
    public Trainer(Model model, TrainerOptions options)
    {
        options.Validate();
        model.RequireBatch(options.Batch);
        Model = model;
        Options = options;
        int batch = Options.Batch;
        _backend = model.Backend;
        long length = model.Flow.Parameters.Length;
        _gradients = _arena.Reserve("gradients", length);
        _moment1 = _arena.Reserve("moments", length);
        _moment2 = _arena.Reserve("moments", length);
        _average = _arena.Reserve("moving average", options.EmaDecay > 0 ? length : 0);
        _sumOfSquares = _arena.Reserve("scalars", 1);
        _dLogProb = _arena.Reserve("scalars", batch);
        _arena.Allocate(_backend);
        LayerContext context = model.Context with { Gradients = _gradients.View, UsesBatchStatistics = true };
        IReadOnlyList<IReadOnlyList<object>> groups = FlowPlan.Lower(model.Flow);
        Memory = options.Memory ?? MemoryPlanner.Choose(model.Flow, context, groups, batch);
        _prepared = new PreparedWeights(groups, context, sharesNetworks: Memory == MemoryMode.Invert);
        _plan = new FlowPlan(model.Flow, context, _prepared, groups, batch, Memory);
        _logProb = new double[batch];
        _logDet = new double[batch];
        _backend.Fill(_dLogProb.View, -1 / (batch * model.Flow.Dims * Math.Log(2)));
        RestartAverage();
    }

    /// <summary>The model.</summary>
    public Model Model { get; }

    /// <summary>The options in use: the batch is no larger than the data set, and the rate is the last one set.</summary>
    public TrainerOptions Options { get; private set; }

    /// <summary>The memory mode in use.</summary>
    public MemoryMode Memory { get; }

    /// <summary>Updates begun, skipped ones among them.</summary>
    public long Updates { get; private set; }

    /// <summary>Updates that were skipped because something was not finite.</summary>
    public long Skipped { get; private set; }

    /// <summary>What was not finite at the last skipped update: the first layer that made it, or the parameter.</summary>
    public string? SkippedBecause { get; private set; }

    /// <summary>Images seen so far.</summary>
    public long Images => Updates * Options.Batch;

    /// <summary>Updates in one pass over the data; 0 for a trainer that is handed its batches.</summary>
    public int UpdatesPerEpoch => _loader?.BatchesPerEpoch ?? 0;

    /// <summary>The last update; the default value before the first.</summary>
    public StepResult Last { get; private set; }

    /// <summary>The moving average of the weights, or the weights where none is kept: what a checkpoint holds.</summary>
    internal BufferView AveragedWeights => Options.EmaDecay > 0 ? _average.View : Model.Weights;

    /// <summary>Initializes every ActNorm on the first batch. An explicit step; its result is part of the checkpoint.</summary>
    /// <exception cref="InvalidOperationException">The model is initialized already.</exception>
    public void Initialize()
    {
        if (Model.Config.IsInitialized)
        {
            throw new InvalidOperationException("the model is initialized already");
        }

        Model.Lease.EnterWriteLock();
        try
        {
            using LayerWalk walk = new(Model.Flow, Model.Context, Options.Batch);
            Data.Load(Updates, walk.Input);
            walk.Run(initialize: true, visit: null);
            Model.MarkInitialized();
            Model.Invalidate();
            RestartAverage();
        }
        finally
        {
            Model.Lease.ExitWriteLock();
        }
    }

    /// <summary>One update on the next batch.</summary>
    /// <exception cref="InvalidOperationException">The model is not initialized.</exception>
    public StepResult Step()
    {
        EnterStep();
        try
        {
            return Step(Data.Load(Updates, _plan.Input));
        }
        finally
        {
            Model.Lease.ExitWriteLock();
        }
    }

    /// <summary>One update on a batch of images scaled to [-0.5, 0.5).</summary>
    /// <param name="images">(B, H, W, C) of the batch size of <see cref="Options"/>.</param>
    /// <exception cref="FlowException">The length is not that of a batch.</exception>
    /// <exception cref="InvalidOperationException">The model is not initialized.</exception>
    public StepResult Step(ReadOnlySpan<float> images)
    {
        RequireWholeBatch(images.Length);
        EnterStep();
        try
        {
            _backend.Write(images, _plan.Input);
            return Step(epoch: 0);
        }
        finally
        {
            Model.Lease.ExitWriteLock();
        }
    }

    /// <summary>One update on a batch of grey levels, dequantized: an image's noise depends on how many came before.</summary>
    /// <param name="levels">Levels 0 to bins - 1, (B, H, W, C) of the batch size of <see cref="Options"/>.</param>
    /// <exception cref="FlowException">The length is not that of a batch, or a level is not below bins.</exception>
    /// <exception cref="InvalidOperationException">The model is not initialized.</exception>
    public StepResult Step(ReadOnlySpan<byte> levels)
    {
        RequireWholeBatch(levels.Length);
        EnterStep();
        try
        {
            PhiloxKey key = new(Options.Seed, (uint)RandomPurpose.TrainingNoise, (uint)(Images >> 32));
            Model.Dequantize(key, levels, (uint)Images, _plan.Input);
            return Step(epoch: 0);
        }
        finally
        {
            Model.Lease.ExitWriteLock();
        }
    }

    /// <summary>Changes the learning rate from the next update on; warm-up and schedule scale it as before.</summary>
    /// <param name="rate">The learning rate after the warm-up.</param>
    /// <exception cref="FlowException">It is not a positive number.</exception>
    public void SetRate(double rate)
    {
        TrainerOptions changed = Options with { Rate = rate };
        changed.Validate();
        Options = changed;
    }

    /// <summary>A copy of the model as a checkpoint would hold it now, for evaluation and samples.</summary>
    public Model Snapshot() => Model.CopyWith(AveragedWeights);

    /// <summary>Writes the model's checkpoint: the moving average of the weights where one is kept.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.Io"/>: it cannot be written.</exception>
    public void SaveModel(string path) => Model.Save(path, AveragedWeights);

    /// <summary>Writes what <see cref="Resume"/> needs.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.Io"/>: it cannot be written.</exception>
    public void SaveState(string path) => TrainingState.Save(path, this, Buffers());

    /// <summary>Goes on where <see cref="SaveState"/> left off: the same updates to the bit.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FlowException">The file is missing or damaged, or belongs to another model or other options.</exception>
    public void Resume(string path)
    {
        Model.Lease.EnterWriteLock();
        try
        {
            (Updates, Skipped) = TrainingState.Load(path, this, Buffers());
            Model.MarkInitialized();
            Model.Invalidate();
        }
        finally
        {
            Model.Lease.ExitWriteLock();
        }
    }

    /// <summary>The gradients of the last step, flat.</summary>
    internal BufferView Gradients => _gradients.View;

    /// <summary>The plan.</summary>
    internal FlowPlan Plan => _plan;

    /// <inheritdoc/>
    public void Dispose()
    {
        _loader?.Dispose();
        _plan.Dispose();
        _prepared.Dispose();
        _arena.Dispose();
    }

    private BatchLoader Data => _loader
        ?? throw new InvalidOperationException("the trainer has no data set: hand each batch to Step");

    private void EnterStep()
    {
        if (!Model.Config.IsInitialized)
        {
            throw new InvalidOperationException("the model is not initialized: call Initialize first");
        }

        Model.Lease.EnterWriteLock();
    }

    private void RequireWholeBatch(int length)
    {
        if (length != Options.Batch * Model.Flow.Dims)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"{length} values were given, expected a batch of {Options.Batch} images of {Model.Flow.Dims}");
        }
    }

    /// <summary>One update on what lies in the plan's input.</summary>
    private StepResult Step(int epoch)
    {
        Updates++;
        double rate = Options.RateAt(Images);
        _prepared.Refresh();
        _plan.Forward();
        double bitsPerDim = Loss();
        double norm = double.NaN;
        if (double.IsFinite(bitsPerDim))
        {
            _backend.Fill(_gradients.View, 0);
            _plan.Backward(_dLogProb.View, _dLogProb.View);
            norm = Update(rate);
        }

        Last = double.IsFinite(norm)
            ? new StepResult(Images, epoch, bitsPerDim, norm, rate, WasSkipped: false)
            : Skip(epoch, bitsPerDim, norm, rate);
        return Last;
    }

    private void RestartAverage()
    {
        if (Options.EmaDecay > 0)
        {
            _backend.Copy(Model.Weights, _average.View);
        }
    }

    private double Loss()
    {
        _backend.Read(_plan.LogPrior, _logProb);
        _backend.Read(_plan.LogDet, _logDet);
        double sum = 0;
        for (int i = 0; i < _logProb.Length; i++)
        {
            sum += _logProb[i] + _logDet[i];
        }

        return BitsPerDim.FromLogProb(sum / _logProb.Length, Model.Flow.Dims, Model.Config.Options.Bins ?? 1);
    }

    private double Update(double rate)
    {
        OptimizerSettings settings = new(
            Options.Optimizer,
            rate,
            Options.Beta1,
            Options.Beta2,
            Options.Epsilon,
            Options.WeightDecay,
            Options.Clip,
            Options.EmaDecay,
            Updates - Skipped);
        _backend.SumOfSquares(_gradients.View, _sumOfSquares.View);
        _backend.OptimizerStep(
            settings,
            _sumOfSquares.View,
            Model.Weights,
            _gradients.View,
            _moment1.View,
            _moment2.View,
            Options.EmaDecay > 0 ? _average.View : default);
        Model.Invalidate();
        _backend.Read(_sumOfSquares.View, _scalar);
        return Math.Sqrt(_scalar[0]);
    }

    private StepResult Skip(int epoch, double bitsPerDim, double norm, double rate)
    {
        Skipped++;
        SkippedBecause = double.IsFinite(bitsPerDim) ? NonFiniteGradient() : NonFiniteLayer();
        return new StepResult(Images, epoch, bitsPerDim, norm, rate, WasSkipped: true);
    }

    /// <summary>Runs the same batch again layer by layer, to name the first that gives something not finite.</summary>
    private string NonFiniteLayer()
    {
        string name = "the prior";
        using LayerWalk walk = new(Model.Flow, Model.Context, Options.Batch);
        _backend.Copy(_plan.Input, walk.Input);
        walk.Run(initialize: false, (layer, in _, _, _, y) =>
        {
            bool isFinite = _backend.IsFinite(y) && _backend.IsFinite(walk.LogDet);
            name = isFinite ? name : layer.Name;
            return isFinite;
        });
        return name;
    }

    /// <summary>The gradient runs from the last layer to the first, so the last parameter that is not finite was first.</summary>
    private string NonFiniteGradient() =>
        Model.Flow.Parameters.All
            .LastOrDefault(p => !p.IsConstant && !_backend.IsFinite(p.In(_gradients.View)))?.Name
        ?? "the gradient norm";

    private TrainingBuffers Buffers() =>
        new(_moment1.View, _moment2.View, Options.EmaDecay > 0 ? _average.View : default);
}
