using FlowEngine.Architecture;
using FlowEngine.Data;

namespace FlowEngine.Cli;

/// <summary>What of a new run depends on the kind of its data where its user says nothing.</summary>
/// <param name="Epochs">Passes over the data, where nothing else ends the run.</param>
/// <param name="Patience">Epochs without a better evaluation that end the run; 0 for never.</param>
internal sealed record RunDefaults(int Epochs, int Patience)
{
    /// <summary>The defaults for data.</summary>
    /// <param name="unit">What its samples are.</param>
    /// <param name="model">The model's sizes.</param>
    public static RunDefaults Of(SampleUnit unit, IModelOptions model) => unit == SampleUnit.Image
        ? new RunDefaults(Epochs: Math.Min(model.Height, model.Width) <= 16 ? 40 : 10, Patience: 0)
        : new RunDefaults(Epochs: 1_000, Patience: 30);
}
