using FlowEngine.Data;
using FlowEngine.Models;
using FlowEngine.Training;

namespace FlowEngine.Cli;

/// <summary>The parts of a data set as its path holds them, images or rows; a model takes them through its configuration.</summary>
internal abstract class DataSource
{
    /// <summary>What its samples are called.</summary>
    public abstract SampleUnit Unit { get; }

    /// <summary>The part that judges a model while it trains.</summary>
    protected abstract DataPart HeldOut { get; }

    /// <summary>What the samples of a path are.</summary>
    /// <param name="path">As <c>flow train --data</c> takes it.</param>
    /// <exception cref="FlowException">The path is missing or unreadable.</exception>
    public static SampleUnit UnitOf(string path) => TableLoader.IsTable(path) ? SampleUnit.Row : SampleUnit.Image;

    /// <summary>Loads a data set of which there is no model yet.</summary>
    /// <param name="path">As <c>flow train --data</c> takes it.</param>
    /// <param name="label">The label column of a CSV file; null for none.</param>
    /// <param name="splitSeed">Which rows of a table are validation and test, where it has no such parts.</param>
    /// <exception cref="FlowException">The path is missing, unreadable or damaged.</exception>
    public static DataSource Load(string path, string? label, ulong splitSeed) => UnitOf(path) == SampleUnit.Row
        ? new TableSource(TableLoader.Load(path, label, splitSeed))
        : new ImageSource(DatasetLoader.Load(path));

    /// <summary>Loads a data set of the kind that a model is of.</summary>
    /// <param name="path">As <c>flow train --data</c> takes it.</param>
    /// <param name="model">The model's configuration.</param>
    /// <param name="label">The label column of a CSV file; null for that of the model.</param>
    /// <exception cref="FlowException">The path is missing, unreadable or damaged, or of the other kind.</exception>
    public static DataSource Load(string path, ModelConfig model, string? label = null)
    {
        if (model.Unit == SampleUnit.Row)
        {
            return new TableSource(TableLoader.Load(path, label, model.Table));
        }

        return label is null
            ? new ImageSource(DatasetLoader.Load(path))
            : throw new FlowException(FlowErrorKind.InvalidArgument, "--label is for tables, the model is of images");
    }

    /// <summary>A part as a model takes it.</summary>
    /// <param name="part">Which.</param>
    /// <param name="model">The model's configuration.</param>
    /// <param name="limit">The most samples of it, the first ones; null for all.</param>
    /// <param name="notes">Is told of samples that the model cannot judge whole; null for nobody.</param>
    /// <exception cref="FlowException">The data do not fit the model, or have no such part; the limit is not positive.</exception>
    public IDataset Part(DataPart part, ModelConfig model, int? limit = null, TextWriter? notes = null) =>
        limit is null or > 0
            ? Take(part, model, limit ?? int.MaxValue, notes)
            : throw new FlowException(
                FlowErrorKind.InvalidArgument, $"limit is {limit}, expected a positive number");

    /// <summary>What a run trains and judges a model on.</summary>
    /// <param name="model">The model's configuration.</param>
    /// <exception cref="FlowException">The data do not fit the model.</exception>
    public RunData ForTraining(ModelConfig model) => new(Part(DataPart.Train, model), Part(HeldOut, model));

    /// <summary>The first samples of a part.</summary>
    protected abstract IDataset Take(DataPart part, ModelConfig model, int limit, TextWriter? notes);
}
