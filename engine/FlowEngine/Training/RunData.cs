using FlowEngine.Data;
using FlowEngine.Models;

namespace FlowEngine.Training;

/// <summary>What a run trains and judges its model on.</summary>
public abstract class RunData
{
    /// <summary>Training images or rows.</summary>
    public abstract int TrainCount { get; }

    /// <summary>Held-out images or rows; 0 skips evaluation.</summary>
    public abstract int HeldOutCount { get; }

    /// <summary>Creates the trainer.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">How to train.</param>
    /// <exception cref="FlowException">The data do not fit the model, an option is out of range, or memory is short.</exception>
    public abstract Trainer CreateTrainer(Model model, TrainerOptions options);

    /// <summary>The data in a few words, for people.</summary>
    /// <param name="config">The model's configuration.</param>
    public abstract string Describe(ModelConfig config);

    /// <summary>How many held-out data an evaluation takes.</summary>
    /// <param name="final">True at the end of the run.</param>
    internal abstract int EvaluationCount(bool final);

    /// <summary>Evaluates a model on the first held-out data.</summary>
    internal abstract EvalMetrics Evaluate(
        Model model, int count, ulong seed, long images, double seconds, CancellationToken stop);

    /// <summary>The mean log density of the training data, nats, of the first of them where there are many.</summary>
    internal abstract double TrainingLogProb(Model model, ulong seed);

    /// <summary>Nats of a row from bits per dimension; null for images.</summary>
    internal abstract double? Nats(double bitsPerDim);

    /// <summary>A picture of samples; null where there is none.</summary>
    internal abstract Image? DrawSamples(Model model);
}
