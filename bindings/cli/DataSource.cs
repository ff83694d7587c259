using FlowEngine.Data;
using FlowEngine.Models;
using FlowEngine.Training;

namespace FlowEngine.Cli;

/// <summary>The parts of a data set as its path holds them, images or rows; a model takes them through its configuration.</summary>
internal abstract class DataSource
{
    /// <summary>What its samples are called.</summary>
    public abstract SampleUnit Unit { get; }

    /// <summary>Whether there is anything to train on.</summary>
    public abstract bool HasTraining { get; }

    /// <summary>What its reader took for granted and passed over, one line each.</summary>
    public abstract IReadOnlyList<string> Notes { get; }

    /// <summary>The part that judges a model while it trains.</summary>
    protected abstract DataPart HeldOut { get; }

    /// <summary>What the samples of a path are.</summary>
    /// <param name="path">As <c>flow train --data</c> takes it.</param>
    /// <exception cref="FlowException">The path is missing or unreadable.</exception>
    public static SampleUnit UnitOf(string path) => TableLoader.IsTable(path) ? SampleUnit.Row : SampleUnit.Image;

    /// <summary>Loads a data set of which there is no model yet.</summary>
    /// <param name="path">As <c>flow train --data</c> takes it.</param>
    /// <param name="format">How tables are read.</param>
    /// <param name="splitSeed">Which rows of a table are validation and test, where it has no such parts.</param>
    /// <param name="reading">How pictures are read.</param>
    /// <exception cref="FlowException">The path is missing, unreadable or damaged.</exception>
    public static DataSource Load(string path, TableReading format, ulong splitSeed, ImageReading reading) =>
        UnitOf(path) == SampleUnit.Row
            ? new TableSource(TableLoader.Load(path, format, splitSeed, null))
            : new ImageSource(DatasetLoader.Load(path, reading));

    /// <summary>Loads a data set of the kind that a model is of.</summary>
    /// <param name="path">As <c>flow train --data</c> takes it.</param>
    /// <param name="model">The model's configuration.</param>
    /// <param name="format">How tables are read.</param>
    /// <param name="reading">How pictures are read.</param>
    /// <exception cref="FlowException">The path is missing, unreadable or damaged, or of the other kind.</exception>
    public static DataSource Load(string path, ModelConfig model, TableReading format, ImageReading reading)
    {
        if (model.Unit == SampleUnit.Row)
        {
            if (!reading.Preparation.IsNone)
            {
                throw new FlowException(
                    FlowErrorKind.InvalidArgument, $"{reading.Preparation} is for pictures, the model is of rows");
            }

            return new TableSource(TableLoader.Load(path, format, model.Table.SplitSeed, model.Table));
        }

        if (TableLoader.IsTable(path))
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument, $"{path}: holds a table, the model expects {model.DataSummary}");
        }

        format.RequireNone();
        return ImageSource.Load(path, reading, model.Images.Preparation);
    }

    /// <summary>A part as a model takes it.</summary>
    /// <param name="part">Which.</param>
    /// <param name="model">The model's configuration.</param>
    /// <param name="limit">The most samples of it, the first ones; null for all.</param>
    /// <param name="notes">Receives what the reader assumed, and a note on samples that the model cannot judge whole;
    /// null for nobody.</param>
    /// <exception cref="FlowException">The data do not fit the model, or have no such part; the limit is not positive.</exception>
    public IDataset Part(DataPart part, ModelConfig model, int? limit = null, TextWriter? notes = null)
    {
        if (limit < 1)
        {
            throw new FlowException(FlowErrorKind.InvalidArgument, $"limit is {limit}, expected a positive number");
        }

        if (notes is not null)
        {
            WriteNotes(notes);
        }

        return Take(part, model, limit ?? int.MaxValue, notes);
    }

    /// <summary>Tells what the reader took for granted and passed over.</summary>
    public void WriteNotes(TextWriter notes)
    {
        foreach (string note in Notes)
        {
            Note.Write(notes, note);
        }
    }

    /// <summary>What a run trains and judges a model on.</summary>
    /// <param name="model">The model's configuration.</param>
    /// <exception cref="FlowException">The data do not fit the model.</exception>
    public RunData ForTraining(ModelConfig model) => new(Part(DataPart.Train, model), Part(HeldOut, model));

    /// <summary>The first samples of a part.</summary>
    protected abstract IDataset Take(DataPart part, ModelConfig model, int limit, TextWriter? notes);
}
