using FlowEngine.Data;
using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Models;
using FlowEngine.Ranks;
using FlowEngine.Telemetry;
using FlowEngine.Tensors;

namespace FlowEngine.Training;

/// <summary>Trains a model by maximum likelihood: the loss is the mean bits per dimension of a batch.</summary>
/// <remarks>
/// Of continuous data, which have no code length, bits per dimension are -LogProb / (D ln 2). One thread at a time. The
/// model can be used for inference between steps.
/// </remarks>
public sealed class Trainer : IDisposable
{
    private const string NoData = "the trainer has no data set: hand each batch to Step";
    private const int QueuedReadEvery = 20;

    // Of a batch in shards, which may be larger than one process can take, the samples that initialize a model.
    private const int MostOfInitialization = 1024;

    private readonly IBackend _backend;
    private readonly IDataset? _data;
    private readonly BatchLoader? _loader;
    private readonly Arena _arena = new();
    private readonly ArenaRegion _moment1;
    private readonly ArenaRegion _moment2;
    private readonly ArenaRegion _average;
    private readonly ArenaRegion _progress;
    private readonly StepInput _input;
    private readonly BatchGradient _gradient;
    private readonly IRecording _update;
    private readonly IRecording _updateOnLevels;
    private readonly IRecording? _apply;
    private readonly OptimizerSettings _optimizer;
    private readonly StepResult[] _results;
    private readonly double[] _figures;
    private readonly double[] _dataLogDet;
    private int _nextFigures;
    private string? _dataFingerprint;
    private bool _isShared;

    /// <summary>Lays out the memory of training and allocates it.</summary>
    /// <param name="model">The model to train.</param>
    /// <param name="data">The training samples, as the model takes them.</param>
    /// <param name="options">How to train.</param>
    /// <param name="ranks">The processes that share each batch, with equal arguments; null for this one by itself.</param>
    /// <exception cref="FlowException">The data do not fit the model, an option is out of range, or memory is short.</exception>
    public Trainer(Model model, IDataset data, TrainerOptions options, ICommunicator? ranks = null)
        : this(model, On(data, options), ranks)
    {
        try
        {
            data.RequireFits(model.Config.Options);
            if (options.BatchOf(data.Count) == 0)
            {
                throw Invalid(data.Count == 0
                    ? $"{data.Name} has no {data.Unit.Plural} to train on"
                    : $"{data.Name} has {data.Count} {data.Unit.Plural} to train on, expected one or more for each of "
                        + $"{options.Shards} shards");
            }

            _data = data;
            _loader = Load(((ranks?.Rank ?? 0) * OwnBatch, OwnBatch));
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
    /// <param name="ranks">The processes that share each batch, with equal arguments; null for this one by itself.</param>
    /// <exception cref="FlowException">An option is out of range, or memory is short.</exception>
    public Trainer(Model model, TrainerOptions options, ICommunicator? ranks = null)
    {
        options.Validate();
        if (options.Shards % (ranks?.Size ?? 1) != 0)
        {
            throw Invalid(
                $"{ranks!.Size} ranks cannot share {options.Shards} shards of a batch, expected a power of two up to their number");
        }

        (Ranks, Model, _backend) = (ranks, model, model.Backend);
        model.Flow.RequireBatch(options.Batch);
        model.Flow.RequireStatistics(options.Batch, options.Shards);
        int readEvery = options.ReadEvery ?? (_backend.IsQueued ? QueuedReadEvery : 1);
        Options = options with { ReadEvery = readEvery };
        long length = model.Flow.Parameters.Length;
        _moment1 = _arena.Reserve("moments", length);
        _moment2 = _arena.Reserve("moments", length);
        _average = _arena.Reserve("moving average", options.EmaDecay > 0 ? length : 0);
        _progress = _arena.Reserve("scalars", OptimizerProgress.LengthFor(readEvery));
        try
        {
            _arena.Allocate(_backend, "the optimizer");
            _input = _backend.CreateStepInput(OwnBatch, model.Flow.Dims, model.Flow.ConditionLength);
            _gradient = new BatchGradient(model, Options, _input, ranks);
            _optimizer = new OptimizerSettings(
                options.Optimizer,
                options.Beta1,
                options.Beta2,
                options.Epsilon,
                options.WeightDecay,
                options.Clip,
                options.EmaDecay);
            _results = new StepResult[readEvery];
            _figures = new double[2 * readEvery];
            _dataLogDet = new double[readEvery];
            Action update = ranks is null ? Update : _gradient.Compute;
            _update = _backend.Record(update);
            _updateOnLevels = _backend.Record(() =>
            {
                Dequantize();
                update();
            });
            _apply = ranks is null ? null : _backend.Record(Apply);
            RestartAverage();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The model.</summary>
    public Model Model { get; }

    /// <summary>The options in use: the batch is no larger than the data set, and the rate is the last one set.</summary>
    public TrainerOptions Options { get; private set; }

    /// <summary>The processes that share each batch; null for this one by itself.</summary>
    public ICommunicator? Ranks { get; }

    /// <summary>Samples of an update that this process computes.</summary>
    public int OwnBatch => Options.Batch / (Ranks?.Size ?? 1);

    /// <summary>The memory mode in use.</summary>
    public MemoryMode Memory => _gradient.Memory;

    /// <summary>Updates begun, skipped ones among them.</summary>
    public long Updates { get; private set; }

    /// <summary>Updates that were skipped because something was not finite.</summary>
    public long Skipped { get; private set; }

    /// <summary>What was not finite at the last skipped update: the first layer that made it, or the parameter.</summary>
    public string? SkippedBecause { get; private set; }

    /// <summary>Samples seen so far.</summary>
    public long Samples => Updates * Options.Batch;

    /// <summary>Updates in one pass over the data; 0 for a trainer that is handed its batches.</summary>
    public int UpdatesPerEpoch => _loader?.BatchesPerEpoch ?? 0;

    /// <summary>The last update; the default value before the first.</summary>
    public StepResult Last { get; private set; }

    /// <summary>What it cost to sum gradients over ranks.</summary>
    internal ReductionCost ReductionCost => _gradient.Cost;

    /// <summary>What a run notes beside the state; null for no run.</summary>
    internal RunMark? Mark { get; set; }

    /// <summary>True where the order of the data is a keyed permutation, and no list.</summary>
    internal bool IsOrderKeyed
    {
        get => _loader is { IsKeyed: true };
        set => _loader?.IsKeyed = value;
    }

    /// <summary>Of the training data; null for a trainer that is handed its batches.</summary>
    internal string? DataFingerprint => _dataFingerprint ??= _loader?.Fingerprint();

    /// <summary>The moving average of the weights, or the weights where none is kept: what a checkpoint holds.</summary>
    internal BufferView AveragedWeights => Options.EmaDecay > 0 ? _average.View : Model.Weights;

    /// <summary>
    /// Initializes every ActNorm on the first batch, where it is in shards on 1024 samples of it at most. An explicit step; its result
    /// is part of the checkpoint. Of several ranks the first does it, and tells the others.
    /// </summary>
    /// <exception cref="FlowException">The model is initialized already, or the trainer has no data set.</exception>
    public void Initialize()
    {
        if (Model.Config.IsInitialized || _data is null)
        {
            throw Invalid(_data is null ? NoData : "the model is initialized already");
        }

        Model.Lease.EnterWriteLock();
        try
        {
            if (Ranks is not { Rank: > 0 })
            {
                int count = Options.Shards > 1 ? Math.Min(Options.Batch, MostOfInitialization) : Options.Batch;
                DataDependentStart.Run(Model, Load((0, count)), count, Updates, Options.RateAt(Samples));
            }

            Model.MarkInitialized();
            Share();
            Model.Invalidate();
            RestartAverage();
        }
        finally
        {
            Model.Lease.ExitWriteLock();
        }
    }

    /// <summary>Trains on the data set: initializes the model where that is to do, and makes updates.</summary>
    /// <param name="updates">How many; <see cref="UpdatesPerEpoch"/> of them are a pass over the data.</param>
    /// <param name="progress">Receives each, in groups of <see cref="TrainerOptions.ReadEvery"/>; null for nobody.</param>
    /// <param name="cancel">Ends the training between groups; what was trained stays.</param>
    /// <exception cref="FlowException"><paramref name="updates"/> is negative, or the trainer has no data set.</exception>
    public void Train(long updates, Action<StepResult>? progress = null, CancellationToken cancel = default)
    {
        if (updates < 0)
        {
            throw Invalid($"updates is {updates}, expected 0 or more");
        }

        if (!Model.Config.IsInitialized)
        {
            Initialize();
        }

        for (long end = Updates + updates; Updates < end && !cancel.IsCancellationRequested;)
        {
            foreach (StepResult step in Steps((int)Math.Min(end - Updates, _results.Length)))
            {
                progress?.Invoke(step);
            }
        }
    }

    /// <summary>One update on the next batch.</summary>
    /// <exception cref="FlowException">The model is not initialized, or the trainer has no data set.</exception>
    public StepResult Step() => Steps(1)[0];

    /// <summary>Updates on the next batches; their losses are read once, after the last.</summary>
    /// <param name="count">How many, 1 to <see cref="TrainerOptions.ReadEvery"/>.</param>
    /// <returns>What each did, in order; overwritten by the next call.</returns>
    /// <exception cref="FlowException"><paramref name="count"/> is out of range, the model is not initialized, or the
    /// trainer has no data set.</exception>
    public ReadOnlySpan<StepResult> Steps(int count)
    {
        if (count < 1 || count > _results.Length)
        {
            throw Invalid($"{count} updates were asked for, expected 1 to read-every, {_results.Length}");
        }

        EnterStep();
        try
        {
            for (int i = 0; i < count; i++)
            {
                PhiloxKey key = Data.Load(Updates, _input, _gradient.Input);
                _dataLogDet[i] = Data.LogDet;
                Queue(Data.IsOfLevels ? _updateOnLevels : _update, key, (int)key.Epoch, i);
            }

            if (ReadResults(count) is int skipped)
            {
                // What the batch was, its number says; the weights are those of after the last update.
                Data.LoadAsSeen((_results[skipped].Samples / Options.Batch) - 1, _input, Options.RateAt(Samples), _gradient.Input);
                SkippedBecause = _gradient.Explain(_results.AsSpan(skipped, count - skipped), Options.Batch);
            }

            return _results.AsSpan(0, count);
        }
        finally
        {
            Model.Lease.ExitWriteLock();
        }
    }

    /// <summary>One update on a batch as the model sees it: images scaled to [-0.5, 0.5), or rows.</summary>
    /// <param name="values">(B, H, W, C), B of them <see cref="OwnBatch"/>.</param>
    /// <param name="condition">(B, N), or (N) for one of all; empty where the model has none.</param>
    /// <exception cref="FlowException">The length is not that of a batch, or the model is not initialized.</exception>
    public StepResult Step(ReadOnlySpan<float> values, ReadOnlySpan<float> condition = default)
    {
        RequireWholeBatch(values.Length);
        Model.RequireCondition(condition.Length, OwnBatch);
        EnterStep();
        try
        {
            FillConditions(condition);
            _backend.Write(values, _gradient.Input);
            _dataLogDet[0] = 0;
            Queue(_update, default, epoch: 0, 0);
            if (ReadResults(1) is not null)
            {
                _backend.Write(values, _gradient.Input);
                SkippedBecause = _gradient.Explain(_results.AsSpan(0, 1), Options.Batch);
            }

            return Last;
        }
        finally
        {
            Model.Lease.ExitWriteLock();
        }
    }

    /// <summary>One update on a batch of grey levels, dequantized: a sample's noise depends on how many came before.</summary>
    /// <param name="levels">Levels 0 to bins - 1, (B, H, W, C), B of them <see cref="OwnBatch"/>.</param>
    /// <param name="condition">(B, N), or (N) for one of all; empty where the model has none.</param>
    /// <exception cref="FlowException">The length is not that of a batch, a level is not below bins, or the model is not
    /// initialized.</exception>
    public StepResult Step(ReadOnlySpan<byte> levels, ReadOnlySpan<float> condition = default)
    {
        RequireWholeBatch(levels.Length);
        Model.RequireCondition(condition.Length, OwnBatch);
        Model.RequireLevels(levels, Samples);
        EnterStep();
        try
        {
            levels.CopyTo(_input.Levels);
            FillConditions(condition);
            Span<uint> indices = _input.Indices;
            int first = (Ranks?.Rank ?? 0) * OwnBatch;
            for (int i = 0; i < indices.Length; i++)
            {
                indices[i] = (uint)(Samples + first + i);
            }

            PhiloxKey key = new(Options.Seed, (uint)RandomPurpose.TrainingNoise, (uint)(Samples >> 32));
            Queue(_updateOnLevels, key, epoch: 0, 0);
            if (ReadResults(1) is not null)
            {
                Dequantize();
                SkippedBecause = _gradient.Explain(_results.AsSpan(0, 1), Options.Batch);
            }

            return Last;
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

    /// <summary>Changes where the schedule ends, from the next update on.</summary>
    /// <param name="samples">Samples of the whole run.</param>
    internal void SetTotalSamples(long samples) => Options = Options with { TotalSamples = Math.Max(1, samples) };

    /// <summary>Goes back to weights that a checkpoint holds; the moments stay. Of several ranks the first has them.</summary>
    /// <param name="best">A model of the same kind; null on other ranks, which get the weights at their next step.</param>
    internal void GoBackTo(Model? best)
    {
        Model.Lease.EnterWriteLock();
        if (best is not null)
        {
            _backend.Copy(best.Weights, Model.Weights);
            RestartAverage();
        }

        _isShared = false;
        Model.Invalidate();
        Model.Lease.ExitWriteLock();
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
    /// <param name="allowsChangedData">Also continues with other training data than those of the file.</param>
    /// <exception cref="FlowException">The file is missing or damaged, or belongs to another model, other options or other
    /// data.</exception>
    public void Resume(string path, bool allowsChangedData = false)
    {
        Model.Lease.EnterWriteLock();
        try
        {
            (Updates, Skipped) = TrainingState.Load(path, this, Buffers(), allowsChangedData);
            _backend.Write([(double)(Updates - Skipped)], Progress.Applied);
            Model.MarkInitialized();
            _isShared = false;
            Model.Invalidate();
        }
        finally
        {
            Model.Lease.ExitWriteLock();
        }
    }

    /// <summary>The gradients of the last step, flat.</summary>
    internal BufferView Gradients => _gradient.View;

    /// <summary>The updates applied, (1), as the device counts them.</summary>
    internal BufferView AppliedUpdates => Progress.Applied;

    /// <summary>The learning rate of the last update, on the device.</summary>
    internal BufferView Rate => _input.Rate;

    /// <summary>The plan.</summary>
    internal FlowPlan Plan => _gradient.Plan;

    /// <inheritdoc/>
    public void Dispose()
    {
        // Some are missing where the constructor failed.
        _update?.Dispose();
        _updateOnLevels?.Dispose();
        _apply?.Dispose();
        _gradient?.Dispose();
        _input?.Dispose();
        _arena.Dispose();
    }

    /// <summary>The options with a batch that the data fill; where they fill none the error comes after.</summary>
    private static TrainerOptions On(IDataset data, TrainerOptions options)
    {
        options.Validate();
        return options with { Batch = Math.Max(options.BatchOf(data.Count), options.Shards) };
    }

    private BatchLoader Data => _loader
        ?? throw Invalid(NoData);

    private void EnterStep()
    {
        if (!Model.Config.IsInitialized)
        {
            throw Invalid("the model is not initialized: call Initialize first");
        }

        Model.Lease.EnterWriteLock();
        try
        {
            Share();
        }
        catch
        {
            Model.Lease.ExitWriteLock();
            throw;
        }
    }

    /// <summary>All ranks go on from what the first has.</summary>
    private void Share()
    {
        if (Ranks is not null && !_isShared)
        {
            SharedState.Spread(Ranks, Updates, _backend, Model.Weights, _moment1.View, _moment2.View, AveragedWeights);
            _gradient.Connect();
            _isShared = true;
        }
    }

    private void RequireWholeBatch(int length)
    {
        if (length != OwnBatch * Model.Flow.Dims)
        {
            throw Invalid($"{length} values were given, expected a batch of {OwnBatch} samples of {Model.Flow.Dims}");
        }
    }

    private static FlowException Invalid(string problem) => new(FlowErrorKind.InvalidArgument, problem);

    private OptimizerProgress Progress => new(_results.Length, _progress.View);

    /// <summary>A loader of a part of each batch.</summary>
    private BatchLoader Load((int First, int Count) part) =>
        new(_backend, _data!, Conditions.Of(Model.Config.Options, _data!), Options, part);

    /// <summary>The conditions of a batch that is handed over.</summary>
    private void FillConditions(ReadOnlySpan<float> condition)
    {
        Span<float> rows = _input.Conditions;
        for (int i = 0; i < rows.Length; i += condition.Length)
        {
            condition.CopyTo(rows[i..]);
        }
    }

    private void Send(PhiloxKey key) => _input.Send(key, Options.RateAt(Samples));

    private void Dequantize() => _backend.Dequantize(_input, Model.Bins, _gradient.Input);

    /// <summary>Queues an update; nothing waits for it.</summary>
    private void Queue(IRecording update, PhiloxKey key, int epoch, int index)
    {
        Updates++;
        Send(key);
        update.Run();
        if (_apply is not null)
        {
            _gradient.Reduce();
            _apply.Run();
        }

        Model.Invalidate();
        _results[index] = new StepResult(Samples, epoch, double.NaN, double.NaN, Options.RateAt(Samples), WasSkipped: false);
    }

    /// <summary>One update on the samples that were loaded.</summary>
    private void Update()
    {
        _gradient.Compute();
        Apply();
    }

    /// <summary>The parameters follow the gradient.</summary>
    private void Apply()
    {
        _backend.SumOfSquares(_gradient.View, Progress.SumOfSquares);
        _backend.OptimizerStep(
            _optimizer,
            _input.Rate,
            _gradient.LogPrior,
            _gradient.LogDet,
            Progress,
            Model.Weights,
            _gradient.View,
            _moment1.View,
            _moment2.View,
            Options.EmaDecay > 0 ? _average.View : default);
    }

    private void RestartAverage()
    {
        if (Options.EmaDecay > 0)
        {
            _backend.Copy(Model.Weights, _average.View);
        }
    }

    /// <summary>Reads what the last updates did.</summary>
    /// <returns>The last that was skipped, or null.</returns>
    private int? ReadResults(int count)
    {
        _backend.Read(Progress.Figures, _figures);
        int? skipped = null;
        for (int i = 0; i < count; i++)
        {
            double logProb = _figures[2 * _nextFigures] / (Options.Shards > 1 ? Options.Batch : 1);
            double norm = Math.Sqrt(_figures[(2 * _nextFigures) + 1]);
            _nextFigures = (_nextFigures + 1) % _results.Length;
            bool isSkipped = !double.IsFinite(logProb) || !double.IsFinite(norm);
            _results[i] = _results[i] with
            {
                BitsPerDim = BitsPerDim.FromLogProb(
                    logProb + _dataLogDet[i], Model.Flow.Dims, Model.Config.Options.Bins ?? 1),
                GradientNorm = norm,
                WasSkipped = isSkipped,
            };
            FlowTelemetry.Update(
                Model.Config.Options.Kind.Name, Options.Batch, _results[i].BitsPerDim, norm, isSkipped);
            if (isSkipped)
            {
                Skipped++;
                skipped = i;
            }
        }

        Last = _results[count - 1];
        return skipped;
    }

    private TrainingBuffers Buffers() =>
        new(_moment1.View, _moment2.View, Options.EmaDecay > 0 ? _average.View : default);
}
