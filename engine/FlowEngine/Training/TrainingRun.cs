using System.Diagnostics;
using System.Text;

using FlowEngine.Data;
using FlowEngine.Models;
using FlowEngine.Ranks;

namespace FlowEngine.Training;

/// <summary>Trains into a run folder until a limit: metrics, checkpoints, evaluation, samples and the report.</summary>
/// <remarks>Several ranks make the same steps, share evaluations, and decide alike; only the first writes.</remarks>
public sealed class TrainingRun
{
    private const int Moments = 10;
    private const int MostSkipped = 50;
    private const int LongestLinePeriod = 50;
    private const int LinesPerRun = 100;
    private const double LongestUnsavedSeconds = 300;

    // Better weights and reports wait so long, so that a short epoch is not spent on writing files.
    private const double LeastSecondsBetweenFiles = 5;

    private const double LongSeconds = 2;

    // Of an evaluation by an update: forward of forward and backward.
    private const double EvaluationShare = 1.0 / 3;

    private readonly RunFolder _folder;
    private readonly RunConfig _config;
    private readonly Trainer _trainer;
    private readonly RunData _data;
    private readonly EarlyStopping? _stopping;
    private readonly ITrainingObserver _observer;
    private readonly ICommunicator? _ranks;
    private readonly Pace[] _paces;
    private readonly MetricsWindow _window = new();
    private readonly RunEnd _end;
    private readonly long _linePeriod;
    private RunMark _mark = new(IsMoment: false, StartBitsPerDim: null, HeldOut: null);
    private RunLock? _lock;
    private EvalMetrics? _evaluated;
    private RunExhibits? _exhibits;
    private StepResult _last;
    private double _seconds;
    private double _savedAtSeconds;
    private long? _savedAt;
    private long? _reportedAt;
    private Model? _unsavedBest;
    private double _secondsPerUpdate;
    private int _skippedInARow;
    private bool _hasWarned;
    private bool _isPlanned;
    private bool _isStopping;

    /// <summary>A run; <see cref="Start"/> or <see cref="Resume"/> comes next.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="config">Its configuration.</param>
    /// <param name="trainer">The trainer, made of that configuration.</param>
    /// <param name="data">What it is trained on; held-out data are needed to stop early.</param>
    /// <param name="observer">Is told how it goes.</param>
    public TrainingRun(
        RunFolder folder, RunConfig config, Trainer trainer, RunData data, ITrainingObserver observer)
    {
        (_folder, _config, _trainer, _data, _observer) = (folder, config, trainer, data, observer);
        _ranks = trainer.Ranks;
        _paces = new Pace[_ranks?.Size ?? 1];
        int every = config.Limits.EvaluateEvery;
        _stopping = config.Limits.Patience is int patience ? new EarlyStopping((patience + every - 1) / every) : null;
        if (_stopping is not null && data.HeldOut.Count == 0)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument, "there are no validation data to stop early on: expected some, or no patience");
        }

        _end = new RunEnd(config.Limits, trainer);
        _linePeriod = Math.Clamp((_end.LastUpdate ?? long.MaxValue) / LinesPerRun, 1, LongestLinePeriod);
    }

    /// <summary>The last evaluation; of a run that stops early, the best.</summary>
    public EvalMetrics? LastEvaluation => _stopping?.Best ?? _evaluated;

    /// <summary>Time spent in updates.</summary>
    public double Seconds => _seconds;

    /// <summary>Why a run is <see cref="RunOutcome.Untrained"/>; null for others.</summary>
    public string? Failure { get; private set; }

    private double Fraction => _end.Fraction(_seconds);

    private bool IsFirst => _ranks is not { Rank: > 0 };

    private bool IsDone => Fraction >= 1 || _end.IsCooled;

    /// <summary>Begins the run: initializes the model where that is to do, and writes a first checkpoint.</summary>
    /// <exception cref="FlowException">The folder cannot be written, or another process trains in it.</exception>
    public void Start() => Take(() =>
    {
        if (IsFirst)
        {
            RunFolder.RequireFree(_folder.Root);
        }

        if (!_trainer.Model.Config.IsInitialized)
        {
            _trainer.Initialize();
        }

        _trainer.Model.SetTrainingLogProb(null);
        if (!IsFirst)
        {
            return;
        }

        using (Model model = _trainer.Snapshot())
        {
            double start = _data.Probe(model, _config.Training.Seed);
            _mark = new RunMark(false, double.IsFinite(start) ? start : null, _data.HeldOutFingerprint(model));
        }

        _trainer.SaveModel(_folder.CheckpointFile);
        Save();

        // Last: a folder without it is free for a new run, see RunFolder.
        _folder.WriteConfig(_config);
    });

    /// <summary>Takes the run up where its folder stands; metrics of updates that are made again are cut.</summary>
    /// <param name="allowsChangedData">Also continues with other data than the run began with.</param>
    /// <exception cref="FlowException">The folder holds no state, or that of another run or of one with other data, or another
    /// process trains in it.</exception>
    public void Resume(bool allowsChangedData = false) => Take(() =>
    {
        if (!File.Exists(_folder.StateFile))
        {
            throw new FlowException(
                FlowErrorKind.Io, $"{_folder.StateFile}: no such file: the run ended before its first checkpoint");
        }

        _trainer.Resume(_folder.StateFile, allowsChangedData);
        TakeMark(allowsChangedData);
        _trainer.Model.SetTrainingLogProb(null);
        IReadOnlyList<RunMetrics> metrics = Share(IsFirst ? _folder.CutMetrics(_trainer.Samples) : []);
        _seconds = metrics.Count > 0 ? metrics.Max(line => line.Seconds) : 0;
        _savedAtSeconds = _seconds;
        foreach (EvalMetrics evaluation in metrics.OfType<EvalMetrics>())
        {
            Note(evaluation);
        }

        if (_stopping?.ExhaustedAt is long since)
        {
            _end.CoolDown(since);
        }

        if (!IsFirst)
        {
            return;
        }

        if (_stopping?.Best?.Samples == _trainer.Samples)
        {
            // The run may have ended between the two files.
            _trainer.SaveModel(_folder.CheckpointFile);
        }

        _folder.WriteConfig(_config);
    });

    /// <summary>Trains to the limit, and gives the folder back.</summary>
    /// <param name="stop">Ends the run after the update under way; its state is saved.</param>
    /// <exception cref="FlowException">The folder cannot be written.</exception>
    public RunOutcome Run(CancellationToken stop)
    {
        using RunLock? taken = _lock;
        try
        {
            return Train(stop);
        }
        finally
        {
            DropBest();
        }
    }

    private RunOutcome Train(CancellationToken stop)
    {
        Agree(stop);
        if (_mark.IsMoment && !IsDone)
        {
            // The run ended between its state and what belongs to it.
            Show(stop);
        }

        while (!IsDone && !IsStopping(stop))
        {
            double before = Fraction;
            Step();
            Agree(stop);
            if (_skippedInARow >= MostSkipped)
            {
                RecordLine();
                SaveBest();
                return RunOutcome.Diverged;
            }

            if (_trainer.Updates % _linePeriod == 0)
            {
                RecordLine();
            }

            if (_trainer.Updates % ((long)_trainer.UpdatesPerEpoch * _config.Limits.EvaluateEvery) == 0)
            {
                EndEpoch();
            }

            // What may be diverging does not replace a good checkpoint.
            bool isMoment = !IsDone && IsMoment(before);
            if (_skippedInARow == 0 && (isMoment || _seconds - _savedAtSeconds >= LongestUnsavedSeconds))
            {
                _mark = _mark with { IsMoment = isMoment };
                Save();
                if (isMoment)
                {
                    Show(stop);
                }
            }
        }

        Save();
        if (IsDone)
        {
            Finish(stop);
        }

        WriteReport();
        return Failure is not null ? RunOutcome.Untrained
            : !IsDone || IsStopping(stop) ? RunOutcome.Stopped
            : Fraction < 1 ? RunOutcome.StoppedEarly
            : RunOutcome.Completed;
    }

    private bool IsStopping(CancellationToken stop) => _ranks is null ? stop.IsCancellationRequested : _isStopping;

    /// <summary>All ranks take over the first's clock, and stop where one is asked to.</summary>
    private void Agree(CancellationToken stop)
    {
        if (_ranks is not null)
        {
            _ranks.Gather(new Pace(_seconds, _secondsPerUpdate, stop.IsCancellationRequested), _paces);
            (_seconds, _secondsPerUpdate, _) = _paces[0];
            _isStopping = Array.Exists(_paces, pace => pace.Stops);
        }
    }

    /// <summary>What the first rank read.</summary>
    private IReadOnlyList<RunMetrics> Share(IReadOnlyList<RunMetrics> own)
    {
        if (_ranks is null)
        {
            return own;
        }

        byte[] text = Encoding.UTF8.GetBytes(string.Join('\n', own.Select(line => line.ToJson())));
        int[] lengths = new int[_ranks.Size];
        _ranks.Gather<int>(text.Length, lengths);
        Array.Resize(ref text, lengths[0]);
        _ranks.Broadcast(text);
        return [.. Encoding.UTF8.GetString(text).Split('\n').Select(RunMetrics.TryParse).OfType<RunMetrics>()];
    }

    /// <summary>Updates until the next reading, line, epoch or end; about a second's worth where they are slow.</summary>
    private int Ahead()
    {
        long count = Math.Min(_linePeriod - (_trainer.Updates % _linePeriod), _trainer.Options.ReadEvery ?? 1);
        count = Math.Min(count, _trainer.UpdatesPerEpoch - (_trainer.Updates % _trainer.UpdatesPerEpoch));
        count = Math.Min(count, (_end.LastUpdate ?? long.MaxValue) - _trainer.Updates);
        double perSecond = _secondsPerUpdate > 0 ? 1 / _secondsPerUpdate : 1;
        return (int)Math.Clamp(count, 1, Math.Max(1, perSecond));
    }

    private void PlanTheEnd()
    {
        if (_end.Plan(_seconds) && !_isPlanned)
        {
            _isPlanned = true;
            TrainerOptions options = _trainer.Options;
            string unit = _config.Model.Unit.Plural;
            string plan = FormattableString.Invariant(
                $"about {TwoDigits(options.TotalSamples):#,0} {unit} in {_config.Limits.Minutes} minutes: warm-up over {options.Warmup:#,0}");
            _observer.Noted(plan);
            _exhibits = Exhibits with { Plan = plan };
        }
    }

    /// <summary>Two digits are what an estimate knows.</summary>
    private static double TwoDigits(double value)
    {
        double unit = Math.Pow(10, Math.Max(0, Math.Floor(Math.Log10(Math.Max(1, value))) - 1));
        return Math.Round(value / unit) * unit;
    }

    private void Step()
    {
        PlanTheEnd();
        long start = Stopwatch.GetTimestamp();
        ReadOnlySpan<StepResult> results = _trainer.Steps(Ahead());
        _mark = _mark with { IsMoment = false };
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        _seconds += seconds;
        _secondsPerUpdate = seconds / results.Length;
        long skipped = 0;
        foreach (ref readonly StepResult result in results)
        {
            _last = result;
            _window.Add(result, _trainer.Options.Batch, _secondsPerUpdate);
            _skippedInARow = result.WasSkipped ? _skippedInARow + 1 : 0;
            skipped = result.WasSkipped ? result.Samples / _trainer.Options.Batch : skipped;
        }

        if (skipped > 0 && !_hasWarned)
        {
            _hasWarned = true;
            _observer.Warned(
                $"update {skipped} was skipped: {_trainer.SkippedBecause} is not finite; further ones are only counted");
        }

        _observer.Stepped(new TrainingProgress(
            _last,
            Fraction,
            _window.BitsPerDim,
            _window.SamplesPerSecond,
            _seconds,
            _data.Nats(_window.BitsPerDim)));
    }

    /// <summary>Ten times a run, and at the end of each epoch where those are at most ten.</summary>
    private bool IsMoment(double before) =>
        (int)(before * Moments) < (int)(Fraction * Moments)
        || (_trainer.Updates % _trainer.UpdatesPerEpoch == 0
            && (long)_trainer.UpdatesPerEpoch * Moments >= _end.LastUpdate);

    private void RecordLine()
    {
        if (!_window.IsEmpty)
        {
            TrainMetrics line = _window.Take(_last, _trainer.Updates, _trainer.Skipped, _seconds);
            Record(line with { Nats = _data.Nats(line.BitsPerDim) });
        }
    }

    private void Record(RunMetrics metrics)
    {
        if (IsFirst)
        {
            _folder.Append(metrics);
        }

        _observer.Recorded(metrics);
    }

    /// <summary>Takes the folder for this process, and gives it back where the beginning fails.</summary>
    private void Take(Action begin)
    {
        _lock = IsFirst ? _folder.Take() : null;
        try
        {
            begin();
        }
        catch
        {
            _lock?.Dispose();
            throw;
        }
    }

    private void TakeMark(bool allowsChangedData)
    {
        string? heldOut = _data.HeldOutFingerprint(_trainer.Model);
        if (!allowsChangedData && _trainer.Mark is RunMark { HeldOut: string known } && known != heldOut)
        {
            throw DataFingerprint.Changed(_folder.StateFile, "held-out");
        }

        _mark = (_trainer.Mark ?? _mark) with { HeldOut = heldOut };
    }

    private void Save()
    {
        // The line first: where a run resumes, it finds there how long it had trained.
        RecordLine();
        _savedAtSeconds = _seconds;
        if (!IsFirst)
        {
            return;
        }

        // The model first: what was better after the state that a killed run resumes from is found again, with the same bits.
        if (_stopping is null)
        {
            _trainer.SaveModel(_folder.CheckpointFile);
        }

        SaveBest();
        _savedAt = Stopwatch.GetTimestamp();
        _trainer.Mark = _mark;
        _trainer.SaveState(_folder.StateFile);
    }

    private void SaveBest()
    {
        if (IsFirst && _unsavedBest is not null)
        {
            _unsavedBest.Save(_folder.CheckpointFile);
            DropBest();
        }
    }

    private static bool IsLongAgo(long? time) =>
        time is null || Stopwatch.GetElapsedTime(time.Value).TotalSeconds >= LeastSecondsBetweenFiles;

    private void DropBest()
    {
        _unsavedBest?.Dispose();
        _unsavedBest = null;
    }

    /// <summary>Where the run may stop early: evaluates, and the best weights so far become the checkpoint.</summary>
    private void EndEpoch()
    {
        if (_stopping is null)
        {
            return;
        }

        RecordLine();
        using Model model = _trainer.Snapshot();
        Evaluate(model, _data.EvaluationCount(final: false, _trainer.Samples), CancellationToken.None);
        if (_stopping.Best?.Samples == _trainer.Samples)
        {
            DropBest();
            _unsavedBest = _trainer.Snapshot();
        }

        if (_stopping.ExhaustedAt == _trainer.Samples)
        {
            CoolDown();
        }

        if (_unsavedBest is not null && IsLongAgo(_savedAt))
        {
            Save();
        }
    }

    /// <summary>Patience has run out: the rate falls as at the end of a run, from the best weights on.</summary>
    private void CoolDown()
    {
        _end.CoolDown(_trainer.Samples);
        if (IsDone)
        {
            return;
        }

        long left = _trainer.Options.TotalSamples - _trainer.Samples;
        _observer.Noted(FormattableString.Invariant(
            $"no better validation for {_config.Limits.Patience} epochs: from the best weights on the rate falls, over {left:#,0} {_config.Model.Unit.Plural}"));
        SaveBest();
        using Model? best = IsFirst ? Model.Load(_folder.CheckpointFile, _trainer.Model.Backend) : null;
        _trainer.GoBackTo(best);
        Save();
    }

    private void Show(CancellationToken stop)
    {
        using Model model = _trainer.Snapshot();
        if (IsFirst && !File.Exists(_folder.SampleFile(_trainer.Samples)))
        {
            DrawSamples(model, _trainer.Samples);
        }

        bool isWhole = _stopping is not null || TryEvaluate(model, final: false, stop);
        _mark = _mark with { IsMoment = !isWhole };
        if (IsLongAgo(_reportedAt))
        {
            WriteReport();
        }
    }

    private RunExhibits Exhibits => _exhibits ??= RunExhibits.Of(_trainer, _data);

    private void WriteReport()
    {
        if (IsFirst)
        {
            RunReport.Write(_folder, Exhibits);
            _reportedAt = Stopwatch.GetTimestamp();
        }
    }

    /// <summary>The end of a run: samples, evaluation, and what the checkpoint says of the training data.</summary>
    private void Finish(CancellationToken stop)
    {
        using Model model = !IsFirst || _stopping?.Best is null
            ? _trainer.Snapshot()
            : Model.Load(_folder.CheckpointFile, _trainer.Model.Backend);
        if (IsFirst)
        {
            DrawSamples(model, null);
        }

        if (_stopping is null)
        {
            TryEvaluate(model, final: true, stop);
        }

        if (!IsFirst)
        {
            return;
        }

        _exhibits = Exhibits.AtTheEnd(_trainer, _data, model, _seconds);
        Announce(_data.ReferenceCount, "training");
        double logProb = _data.TrainingLogProb(model, _config.Training.Seed);
        model.SetTrainingLogProb(double.IsFinite(logProb) ? logProb : null);
        model.Save(_folder.CheckpointFile);
        Failure = RunFailure.Of(_trainer, _mark, LastEvaluation, logProb, () => _data.Probe(model, _config.Training.Seed));
    }

    private void DrawSamples(Model model, long? samples)
    {
        if (_data.DrawSamples(model) is Image grid)
        {
            _folder.WriteSample(samples, grid);
        }
    }

    /// <returns>False where the run stops: what is not evaluated now is when it goes on.</returns>
    private bool TryEvaluate(Model model, bool final, CancellationToken stop)
    {
        try
        {
            Evaluate(model, _data.EvaluationCount(final, _trainer.Samples), stop);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private void Evaluate(Model model, int count, CancellationToken stop)
    {
        bool isKnown = _evaluated?.Samples == _trainer.Samples && _evaluated.HeldOutSamples == count;
        if (count == 0 || isKnown)
        {
            return;
        }

        Announce(count, _config.Model.Unit.HeldOut);
        EvalMetrics evaluation = _data.Evaluate(
            model, count, _config.Training.Seed, _trainer.Samples, _seconds, _ranks, stop);
        Note(evaluation);
        Record(evaluation);
    }

    private void Announce(int count, string part)
    {
        double seconds = count * EvaluationShare * _secondsPerUpdate / _trainer.Options.Batch;
        if (seconds > LongSeconds)
        {
            _observer.Noted(FormattableString.Invariant(
                $"evaluating {count:#,0} {part} {_config.Model.Unit.Plural}, about {TwoDigits(seconds)} s"));
        }
    }

    private void Note(EvalMetrics evaluation)
    {
        _evaluated = evaluation;
        _stopping?.Add(evaluation);
    }

    /// <summary>What a rank tells the others after every step.</summary>
    private readonly record struct Pace(double Seconds, double SecondsPerUpdate, bool Stops);
}
