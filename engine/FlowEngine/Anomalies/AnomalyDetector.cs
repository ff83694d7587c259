using System.Text;
using System.Text.Json;

using FlowEngine.Checkpoints;
using FlowEngine.Data;

namespace FlowEngine.Anomalies;

/// <summary>Finds anomalies in the rows of a table, after it has seen rows that are mostly normal.</summary>
/// <remarks>
/// <para>
/// It is an ensemble of flows, each an elementwise flow of the columns followed by a mixture of affine flows, fitted to
/// standardized rows with noise added in closed form. The score of a row is the length of its latents under the likeliest
/// affine flow, over the median length of rows that the flows have not seen, mean over the ensemble: about 1 is normal, and
/// higher is more anomalous.
/// </para>
/// <code>
/// AnomalyDetector detector = AnomalyDetector.Fit(TableLoader.Load("normal.csv", null, 0).All, new AnomalyOptions());
/// AnomalyFindings found = detector.Score(TableLoader.Load("new.csv", null, 0).All);
/// </code>
/// </remarks>
public sealed class AnomalyDetector
{
    /// <summary>What the configuration of its checkpoint calls it.</summary>
    private const string Kind = "anomaly_detector";

    private const int LeastRows = 8;

    /// <summary>Tables of fewer rows spare none for the threshold: every row is scored by flows fitted without its fold.</summary>
    private const int SmallTable = 1000;
    private const int Folds = 5;
    private const int SparedPart = 5;
    private const int MostHeldOut = 20_000;

    /// <summary>Rows that a thread explains at once.</summary>
    private const int Chunk = 16;

    private readonly DetectorEnsemble _ensemble;
    private readonly double[] _scales;
    private readonly double[] _heldOut;

    private AnomalyDetector(
        TableSchema schema, AnomalyOptions options, DetectorEnsemble ensemble, double[] scales, double[] heldOut, double threshold) =>
        (Schema, Options, _ensemble, _scales, _heldOut, Threshold) = (schema, options, ensemble, scales, heldOut, threshold);

    /// <summary>What it knows of its rows.</summary>
    public TableSchema Schema { get; }

    /// <summary>What it was told.</summary>
    public AnomalyOptions Options { get; }

    /// <summary>Rows of a higher score are anomalies.</summary>
    public double Threshold { get; }

    /// <summary>Normal rows, unseen by the flows that scored them, by which scores become p-values.</summary>
    public int HeldOutRows => _heldOut.Length;

    /// <summary>Fits rows that are mostly normal.</summary>
    /// <param name="rows">At least 8; labels are not looked at. Of many rows a part is fitted: 20,000, or fewer where there are
    /// more than 28 columns.</param>
    /// <param name="options">What is known of them.</param>
    /// <param name="cancel">Stops between flows.</param>
    /// <exception cref="FlowException">The rows are too few, or no column of them varies; an option is out of range.</exception>
    public static AnomalyDetector Fit(TableDataset rows, AnomalyOptions options, CancellationToken cancel = default)
    {
        options.Validate();
        if (rows.Count < LeastRows)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument, $"{rows.Name} has {rows.Count} rows, expected at least {LeastRows} to fit a detector");
        }

        TableScaling scaling = TableScaling.Fit(rows, null);
        TableSchema schema = new(rows.Name, scaling, rows.LabelColumn, options.Seed);
        double[] values = Array.ConvertAll(scaling.Apply(rows).Values, value => (double)value);
        int dims = scaling.Dims;
        int[] order = DatasetSplit.Shuffle(rows.Count, options.Seed);
        if (options.Contamination is not double share)
        {
            Held fitted = FitAndHold(values, dims, order, order.Length < SmallTable ? Folds : 1, options.Seed, cancel);
            return new AnomalyDetector(
                schema, options, fitted.Ensemble, fitted.Scales, fitted.Scores, Quantile(fitted.Scores, 1 - options.FalseAlarms));
        }

        // Anomalies among the rows are left out, as flows find them that have not seen them, and the flows fitted anew.
        int folds = order.Length < SmallTable ? Folds : 2;
        (int[] unseen, double[] norms) = ScoreUnseen(values, dims, order, folds, options.Seed, cancel);
        double[] scores = Means(norms, Medians(norms));
        double limit = Quantile(Sorted(scores), 1 - share);
        Held clean = FitAndHold(
            values, dims, [.. unseen.Where((_, i) => scores[i] <= limit)], folds, options.Seed, cancel);
        double[] ofAll = Sorted(Means(clean.Ensemble.Norms(values, cancel), clean.Scales));
        int passing = (int)Math.Round(share * ofAll.Length);
        return new AnomalyDetector(
            schema, options, clean.Ensemble, clean.Scales, clean.Scores, ofAll[ofAll.Length - 1 - passing]);
    }

    /// <summary>Scores rows.</summary>
    /// <param name="rows">With the columns of the training rows, in any order.</param>
    /// <param name="cancel">Stops between rows.</param>
    /// <exception cref="FlowException">A column is missing.</exception>
    public AnomalyFindings Score(TableDataset rows, CancellationToken cancel = default)
    {
        double[] scores = Means(_ensemble.Norms(Scaled(rows), cancel), _scales);
        double[] pValues = Array.ConvertAll(scores, PValue);
        return new AnomalyFindings(scores, pValues, Array.ConvertAll(scores, score => score > Threshold));
    }

    /// <summary>How much each column has to do with the score of each row.</summary>
    /// <param name="rows">As for <see cref="Score"/>.</param>
    /// <returns>(N, columns): how far the score falls where the flows leave that column free; 0 where it is not looked at.</returns>
    /// <exception cref="FlowException">A column is missing.</exception>
    public double[] Explain(TableDataset rows)
    {
        double[] values = Scaled(rows);
        int dims = Schema.Scaling.Dims;
        int[] kept = [.. Enumerable.Range(0, Schema.Columns.Count).Where(j => Schema.Scaling.Columns[j].IsKept)];
        double[] shares = new double[rows.Count * Schema.Columns.Count];
        OwnThreads.For((rows.Count + Chunk - 1) / Chunk, chunk =>
        {
            for (int i = chunk * Chunk; i < Math.Min(rows.Count, (chunk + 1) * Chunk); i++)
            {
                double[] falls = _ensemble.Explain(values.AsSpan(i * dims, dims), _scales);
                for (int k = 0; k < dims; k++)
                {
                    shares[(i * Schema.Columns.Count) + kept[k]] = falls[k];
                }
            }
        }, CancellationToken.None);
        return shares;
    }

    /// <summary>Whether a checkpoint holds a detector rather than a model.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    public static bool IsDetector(CheckpointFile checkpoint)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(checkpoint.Config);
            return json.RootElement.ValueKind == JsonValueKind.Object
                && json.RootElement.TryGetProperty("kind", out JsonElement kind) && kind.ValueEquals(Kind);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Writes the detector to a file, atomically.</summary>
    /// <param name="path">The file to create or replace.</param>
    /// <exception cref="FlowException">It cannot be written.</exception>
    public void Save(string path) => CheckpointFile.Save(path, Tensors(), Config());

    /// <summary>Writes the detector to a stream, whose own errors pass through.</summary>
    /// <param name="stream">Where to write, from its position on.</param>
    public void Save(Stream stream) => CheckpointFile.Save(stream, Tensors(), Config());

    /// <summary>Reads a detector.</summary>
    /// <param name="path">The file, or the folder of a run.</param>
    /// <exception cref="FlowException">The file is missing, damaged, or of a model.</exception>
    public static AnomalyDetector Load(string path) => Load(CheckpointFile.Load(path), path);

    /// <summary>Reads a detector from a stream, from its position to its end.</summary>
    /// <param name="stream">A stream that can seek.</param>
    /// <param name="name">What errors call it.</param>
    /// <exception cref="FlowException">It is damaged, or of a model.</exception>
    public static AnomalyDetector Load(Stream stream, string name = "stream") =>
        Load(CheckpointFile.Open(SafetensorsFile.Read(stream, name)), name);

    /// <summary>A detector from a checkpoint that was read.</summary>
    /// <param name="file">The checkpoint.</param>
    /// <param name="path">What errors call it.</param>
    /// <exception cref="FlowException">It is damaged, or of a model.</exception>
    internal static AnomalyDetector Load(CheckpointFile file, string path)
    {
        if (!IsDetector(file))
        {
            throw new FlowException(FlowErrorKind.BadFormat, $"{path}: is a model, expected an anomaly detector (flow detect)");
        }

        try
        {
            using JsonDocument json = JsonDocument.Parse(file.Config);
            JsonElement root = json.RootElement;
            TableSchema schema = TableSchema.Read(root.GetProperty("data")) ?? throw new FormatException("it has no columns");
            AnomalyOptions options = new()
            {
                Contamination = root.TryGetProperty("contamination", out JsonElement share) ? share.GetDouble() : null,
                FalseAlarms = root.GetProperty("false_alarms").GetDouble(),
                Seed = schema.SplitSeed,
            };
            options.Validate();
            DetectorTensors tensors = new(file.Tensors);
            double[] scales = tensors.Get("scales", DetectorFlowKind.All.Count);
            double[] heldOut = Sorted(tensors.Get("held_out", -1));
            double threshold = root.GetProperty("threshold").GetDouble();
            return scales.All(scale => scale > 0)
                ? new AnomalyDetector(
                    schema, options, DetectorEnsemble.Read(tensors, schema.Scaling.Dims), scales, heldOut, threshold)
                : throw new FormatException("a scale is not positive");
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or FormatException
            or InvalidOperationException or FlowException)
        {
            throw new FlowException(FlowErrorKind.BadFormat, $"{path}: the detector does not read: {exception.Message}", exception);
        }
    }

    private NamedTensor[] Tensors() =>
        [new("scales", _scales, _scales.Length), new("held_out", _heldOut, _heldOut.Length), .. _ensemble.Tensors()];

    private string Config()
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("kind", Kind);
            json.WriteNumber("threshold", Threshold);
            json.WriteNumber("false_alarms", Options.FalseAlarms);
            if (Options.Contamination is double share)
            {
                json.WriteNumber("contamination", share);
            }

            json.WriteStartObject("data");
            Schema.Write(json);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>The share of held-out normal rows, and of this one with them, that score as high.</summary>
    private double PValue(double score)
    {
        int place = Array.BinarySearch(_heldOut, score);
        place = place < 0 ? ~place : place;
        while (place > 0 && _heldOut[place - 1] == score)
        {
            place--;
        }

        return (_heldOut.Length - place + 1) / (_heldOut.Length + 1.0);
    }

    private double[] Scaled(TableDataset rows) =>
        Array.ConvertAll(Schema.Scaling.Apply(Schema.Select(rows).Rows).Values, value => (double)value);

    /// <summary>Fits rows, and scores some that the flows have not seen.</summary>
    /// <param name="values">(N, D), all rows.</param>
    /// <param name="dims">Columns, D.</param>
    /// <param name="order">Which rows, shuffled.</param>
    /// <param name="folds">1 to spare a fifth of them for that; more to score each by flows fitted without its fold, and then
    /// fit all.</param>
    /// <param name="seed">Where the flows begin.</param>
    /// <param name="cancel">Stops between flows.</param>
    private static Held FitAndHold(
        double[] values, int dims, int[] order, int folds, ulong seed, CancellationToken cancel)
    {
        if (folds > 1)
        {
            double[] unseen = ScoreUnseen(values, dims, order, folds, seed, cancel).Norms;
            return new Held(FitRows(values, dims, order, seed, cancel), unseen);
        }

        int held = Math.Min(order.Length / SparedPart, MostHeldOut);
        DetectorEnsemble ensemble = FitRows(values, dims, order.Skip(held), seed, cancel);
        return new Held(ensemble, ensemble.Norms(Gather(values, dims, order.Take(held)), cancel));
    }

    /// <summary>The norms of each row under flows that were fitted without its fold.</summary>
    /// <returns>The rows, fold by fold, and their norms, (N, flows).</returns>
    private static (int[] Rows, double[] Norms) ScoreUnseen(
        double[] values, int dims, int[] order, int folds, ulong seed, CancellationToken cancel)
    {
        List<int> rows = [];
        List<double> norms = [];
        for (int fold = 0; fold < folds; fold++)
        {
            int[] part = [.. order.Where((_, i) => i % folds == fold)];
            DetectorEnsemble without = FitRows(values, dims, order.Where((_, i) => i % folds != fold), seed, cancel);
            rows.AddRange(part);
            norms.AddRange(without.Norms(Gather(values, dims, part), cancel));
        }

        return ([.. rows], [.. norms]);
    }

    private static DetectorEnsemble FitRows(
        double[] values, int dims, IEnumerable<int> rows, ulong seed, CancellationToken cancel) =>
        DetectorEnsemble.Fit(Gather(values, dims, rows.Take(DetectorEnsemble.RowsFor(dims))), dims, seed, cancel);

    private static double[] Gather(double[] values, int dims, IEnumerable<int> rows) =>
        [.. rows.SelectMany(i => values.AsSpan(i * dims, dims).ToArray())];

    private static double[] Sorted(double[] values)
    {
        double[] sorted = [.. values];
        Array.Sort(sorted);
        return sorted;
    }

    /// <summary>The least value that at least a share of others, one more of them than there are, do not pass.</summary>
    private static double Quantile(double[] sorted, double share) =>
        sorted[Math.Clamp((int)Math.Ceiling(share * (sorted.Length + 1)) - 1, 0, sorted.Length - 1)];

    private static double[] Means(double[] norms, double[] scales)
    {
        double[] means = new double[norms.Length / scales.Length];
        for (int i = 0; i < norms.Length; i++)
        {
            means[i / scales.Length] += norms[i] / (scales[i % scales.Length] * scales.Length);
        }

        return means;
    }

    /// <summary>What each flow's norms are divided by.</summary>
    private static double[] Medians(double[] norms)
    {
        int flows = DetectorFlowKind.All.Count;
        return [.. Enumerable.Range(0, flows).Select(f =>
        {
            double[] ofFlow = Sorted([.. norms.Where((_, i) => i % flows == f)]);
            double median = ofFlow[ofFlow.Length / 2];
            return median > 0 ? median : 1;
        })];
    }

    /// <summary>Flows, and how rows that they have not seen come out.</summary>
    private sealed class Held(DetectorEnsemble ensemble, double[] norms)
    {
        public DetectorEnsemble Ensemble => ensemble;

        public double[] Scales { get; } = Medians(norms);

        public double[] Scores { get; } = Sorted(Means(norms, Medians(norms)));
    }
}
