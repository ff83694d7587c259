using System.Diagnostics;

using FlowEngine.Data;
using FlowEngine.Likelihood;
using FlowEngine.Models;

namespace FlowEngine.Training;

/// <summary>Trains into a run folder until a limit: metrics, checkpoints, evaluation, samples and the report.</summary>
public sealed class TrainingRun
{
    private const int PeriodicHeldOut = 1_000;
    private const int FinalHeldOut = 10_000;
    private const int SampleCount = 64;
    private const int SampleColumns = 8;
    private const double SampleTemperature = 0.7;
    private const ulong SampleSeed = 0;
    private const int Moments = 10;
    private const int MostSkipped = 50;
    private const int LongestLinePeriod = 50;
    private const int LinesPerRun = 100;
    private const double LongestUnsavedSeconds = 300;

    private readonly RunFolder _folder;
    private readonly RunConfig _config;
    private readonly Trainer _trainer;
    private readonly ImageDataset _heldOut;
    private readonly ITrainingObserver _observer;
    private readonly MetricsWindow _window = new();
    private readonly long? _lastUpdate;
    private readonly long _linePeriod;
    private StepResult _last;
    private double _seconds;
    private double _savedAtSeconds;
    private double _secondsPerUpdate;
    private int _skippedInARow;
    private bool _hasWarned;

    /// <summary>A run; <see cref="Start"/> or <see cref="Resume"/> comes next.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="config">Its configuration.</param>
    /// <param name="trainer">The trainer, made of that configuration.</param>
    /// <param name="heldOut">Held-out images as the model takes them; none skips evaluation.</param>
    /// <param name="observer">Is told how it goes.</param>
    public TrainingRun(
        RunFolder folder, RunConfig config, Trainer trainer, ImageDataset heldOut, ITrainingObserver observer)
    {
        (_folder, _config, _trainer, _heldOut, _observer) = (folder, config, trainer, heldOut, observer);
        _lastUpdate = config.Limits.Updates(trainer.Options.Batch, trainer.UpdatesPerEpoch);
        _linePeriod = Math.Clamp((_lastUpdate ?? long.MaxValue) / LinesPerRun, 1, LongestLinePeriod);
    }

    /// <summary>Bits per dimension of the last evaluation.</summary>
    public EvalMetrics? LastEvaluation { get; private set; }

    /// <summary>Time spent in updates.</summary>
    public double Seconds => _seconds;

    private double Fraction => Math.Clamp(
        Math.Max(
            _lastUpdate is long last ? (double)_trainer.Updates / last : 0,
            _config.Limits.Minutes is double minutes ? _seconds / (60 * minutes) : 0),
        0,
        1);

    /// <summary>Begins the run: initializes the model where that is to do, and writes a first checkpoint.</summary>
    /// <exception cref="FlowException">The folder cannot be written.</exception>
    public void Start()
    {
        if (!_trainer.Model.Config.IsInitialized)
        {
            _trainer.Initialize();
        }

        _folder.WriteConfig(_config);
        Save();
    }

    /// <summary>Takes the run up where its folder stands; metrics of updates that are made again are cut.</summary>
    /// <exception cref="FlowException">The folder holds no state, or that of another run.</exception>
    public void Resume()
    {
        if (!File.Exists(_folder.StateFile))
        {
            throw new FlowException(
                FlowErrorKind.Io, $"{_folder.StateFile}: no such file: the run ended before its first checkpoint");
        }

        _trainer.Resume(_folder.StateFile);
        IReadOnlyList<RunMetrics> metrics = _folder.CutMetrics(_trainer.Images);
        _seconds = metrics.Count > 0 ? metrics.Max(line => line.Seconds) : 0;
        _savedAtSeconds = _seconds;
        LastEvaluation = metrics.OfType<EvalMetrics>().LastOrDefault();
        _folder.WriteConfig(_config);
    }

    /// <summary>Trains to the limit.</summary>
    /// <param name="stop">Ends the run after the update under way; its state is saved.</param>
    /// <exception cref="FlowException">The folder cannot be written.</exception>
    public RunOutcome Run(CancellationToken stop)
    {
        while (Fraction < 1 && !stop.IsCancellationRequested)
        {
            double before = Fraction;
            Step();
            if (_skippedInARow >= MostSkipped)
            {
                RecordLine();
                return RunOutcome.Diverged;
            }

            if (_trainer.Updates % _linePeriod == 0)
            {
                RecordLine();
            }

            // What may be diverging does not replace a good checkpoint.
            bool isMoment = Fraction < 1 && IsMoment(before);
            if (_skippedInARow == 0 && (isMoment || _seconds - _savedAtSeconds >= LongestUnsavedSeconds))
            {
                Save();
                if (isMoment)
                {
                    Show(final: false, stop);
                }
            }
        }

        Save();
        if (Fraction >= 1)
        {
            Show(final: true, stop);
        }

        RunReport.Write(_folder);
        return Fraction < 1 || stop.IsCancellationRequested ? RunOutcome.Stopped : RunOutcome.Completed;
    }

    /// <summary>Updates until the next reading, line, epoch or end; about a second's worth where they are slow.</summary>
    private int Ahead()
    {
        long count = Math.Min(_linePeriod - (_trainer.Updates % _linePeriod), _trainer.Options.ReadEvery ?? 1);
        count = Math.Min(count, _trainer.UpdatesPerEpoch - (_trainer.Updates % _trainer.UpdatesPerEpoch));
        count = Math.Min(count, (_lastUpdate ?? long.MaxValue) - _trainer.Updates);
        double perSecond = _secondsPerUpdate > 0 ? 1 / _secondsPerUpdate : 1;
        return (int)Math.Clamp(count, 1, Math.Max(1, perSecond));
    }

    private void Step()
    {
        long start = Stopwatch.GetTimestamp();
        ReadOnlySpan<StepResult> results = _trainer.Steps(Ahead());
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        _seconds += seconds;
        _secondsPerUpdate = seconds / results.Length;
        long skipped = 0;
        foreach (ref readonly StepResult result in results)
        {
            _last = result;
            _window.Add(result, _trainer.Options.Batch, _secondsPerUpdate);
            _skippedInARow = result.WasSkipped ? _skippedInARow + 1 : 0;
            skipped = result.WasSkipped ? result.Images / _trainer.Options.Batch : skipped;
        }

        if (skipped > 0 && !_hasWarned)
        {
            _hasWarned = true;
            _observer.Warned(
                $"update {skipped} was skipped: {_trainer.SkippedBecause} is not finite; further ones are only counted");
        }

        _observer.Stepped(new TrainingProgress(
            _last, Fraction, _window.BitsPerDim, _window.ImagesPerSecond, _seconds));
    }

    /// <summary>Ten times a run, and at the end of each epoch where those are at most ten.</summary>
    private bool IsMoment(double before) =>
        (int)(before * Moments) < (int)(Fraction * Moments)
        || (_trainer.Updates % _trainer.UpdatesPerEpoch == 0
            && (long)_trainer.UpdatesPerEpoch * Moments >= _lastUpdate);

    private void RecordLine()
    {
        if (!_window.IsEmpty)
        {
            Record(_window.Take(_last, _trainer.Updates, _trainer.Skipped, _seconds));
        }
    }

    private void Record(RunMetrics metrics)
    {
        _folder.Append(metrics);
        _observer.Recorded(metrics);
    }

    private void Save()
    {
        // The line first: where a run resumes, it finds there how long it had trained.
        RecordLine();
        _trainer.SaveModel(_folder.CheckpointFile);
        _trainer.SaveState(_folder.StateFile);
        _savedAtSeconds = _seconds;
    }

    private void Show(bool final, CancellationToken stop)
    {
        using Model model = _trainer.Snapshot();
        ImageDataset samples = Samples.Draw(model, SampleCount, SampleTemperature, SampleSeed);
        _folder.WriteSample(final ? null : _trainer.Images, ImageGrid.Compose(samples, SampleColumns));
        try
        {
            Evaluate(model, final ? FinalHeldOut : PeriodicHeldOut, stop);
        }
        catch (OperationCanceledException)
        {
            // The run stops: what is not evaluated now is when it goes on.
        }

        RunReport.Write(_folder);
    }

    private void Evaluate(Model model, int limit, CancellationToken stop)
    {
        int count = Math.Min(limit, _heldOut.Count);
        bool isKnown = LastEvaluation?.Images == _trainer.Images && LastEvaluation.HeldOutImages == count;
        if (count == 0 || isKnown)
        {
            return;
        }

        Evaluation result = Evaluation.Run(model, _heldOut.Take(count), _config.Training.Seed, cancel: stop);
        LastEvaluation = new EvalMetrics(
            _trainer.Images, result.BitsPerDim, result.BitsPerDimStandardError, count, _seconds);
        Record(LastEvaluation);
    }
}
