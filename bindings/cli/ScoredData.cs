using FlowEngine.Data;
using FlowEngine.Likelihood;
using FlowEngine.Models;

namespace FlowEngine.Cli;

/// <summary>Loads what a model scores, images or rows, by what the model is of.</summary>
internal abstract class ScoredData
{
    /// <summary>The source for a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="label">The label column of a CSV file; null for that of the model.</param>
    /// <param name="error">Is told of rows that the model cannot judge whole.</param>
    public static ScoredData For(Model model, string? label, TextWriter error) =>
        model.Config.Table is TableSettings table
            ? new Rows(model, table with { Label = label ?? table.Label }, error)
            : label is null
                ? new Images(model)
                : throw new FlowException(FlowErrorKind.InvalidArgument, "--label is for tables, the model is of images");

    /// <summary>Scores a source.</summary>
    /// <returns>The scores, and which are anomalies where the source says that.</returns>
    public abstract (AnomalyScores Scores, bool[]? IsAnomaly) Score(
        string path, DataPart part, int limit, ulong seed, double? typical);

    /// <summary>The mean log density of the training part of a source.</summary>
    public abstract double TypicalLogProb(string path, ulong seed);

    private sealed class Images(Model model) : ScoredData
    {
        private const int MostReference = 10_000;

        public override (AnomalyScores Scores, bool[]? IsAnomaly) Score(
            string path, DataPart part, int limit, ulong seed, double? typical)
        {
            ImageDataset images = Load(path, part).PrepareFor(model.Config);
            images = images.Take(limit);
            return images.Count > 0
                ? (AnomalyScores.Of(model, images, typical, seed), null)
                : throw new FlowException(FlowErrorKind.InvalidArgument, $"{path}: that part has no images");
        }

        public override double TypicalLogProb(string path, ulong seed)
        {
            ImageDataset images = Load(path, DataPart.Train).PrepareFor(model.Config);
            return Evaluation.Run(model, images.Take(MostReference), seed).Nats;
        }

        private static ImageDataset Load(string path, DataPart part)
        {
            (ImageDataset train, ImageDataset test) = DatasetLoader.Load(path);
            return part.Of(train, test);
        }
    }

    private sealed class Rows(Model model, TableSettings table, TextWriter error) : ScoredData
    {
        public override (AnomalyScores Scores, bool[]? IsAnomaly) Score(
            string path, DataPart part, int limit, ulong seed, double? typical)
        {
            TableDataset rows = Load(path, part).Take(limit);
            if (rows.Count == 0)
            {
                throw new FlowException(FlowErrorKind.InvalidArgument, $"{path}: that part has no rows");
            }

            TableNotes.WriteDepartures(table.Scaling, table.Rows(rows), error);
            AnomalyScores scores = AnomalyScores.Of(model, table.Apply(rows), typical);
            bool[]? isAnomaly = rows.Labels is null ? null : Array.ConvertAll(rows.Labels, label => label != 0);

            // Of one kind alone there is nothing to rank.
            return (scores, isAnomaly?.Distinct().Count() == 2 ? isAnomaly : null);
        }

        public override double TypicalLogProb(string path, ulong seed) =>
            Evaluation.Run(model, table.Apply(Load(path, DataPart.Train))).Nats;

        private TableDataset Load(string path, DataPart part)
        {
            TableParts parts = TableLoader.Load(path, table.Label, table.SplitSeed);
            return part.Of(parts);
        }
    }
}
