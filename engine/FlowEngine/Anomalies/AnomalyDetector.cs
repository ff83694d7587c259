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
    private const string PlacesTensor = "places";

    private const int LeastRows = 8;

    /// <summary>Pictures of more are sampled, as far as they have so many rows.</summary>
    private const int SampledRows = 25_000;

    /// <summary>Enough for those that are held out and as many that are fitted.</summary>
    private const int SampledPictures = 2 * DetectorFit.MostHeldOut;

    /// <summary>Rows that a thread explains at once.</summary>
    private const int Chunk = 16;

    private readonly DetectorEnsemble _ensemble;
    private readonly DetectorScale _scale;
    private readonly double[] _heldOut;

    private AnomalyDetector(
        TableSchema schema, AnomalyOptions options, DetectorEnsemble ensemble, DetectorScale scale, double[] heldOut, double threshold) =>
        (Schema, Options, _ensemble, _scale, _heldOut, Threshold) = (schema, options, ensemble, scale, heldOut, threshold);

    /// <summary>What it knows of its rows.</summary>
    public TableSchema Schema { get; }

    /// <summary>What it was told.</summary>
    public AnomalyOptions Options { get; }

    /// <summary>The network that makes rows of pictures; null of a detector of tables. Then what is held out and judged are
    /// pictures: the score of one is the highest of its rows'.</summary>
    internal PictureNetwork? Network { get; private init; }

    /// <summary>Rows of a higher score are anomalies.</summary>
    public double Threshold { get; }

    /// <summary>Normal rows or pictures, unseen by the flows that scored them, by which scores become p-values.</summary>
    public int HeldOutRows => _heldOut.Length;

    /// <summary>Fits rows that are mostly normal.</summary>
    /// <param name="rows">At least 8; labels are not looked at. Of many rows a part is fitted: 40,000, or fewer where there are
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

        TableSchema schema = new(rows.Name, TableScaling.Fit(rows, null), rows.LabelColumn, options.Seed);
        DetectorUnits units = new(
            Widened(schema.Scaling.Apply(rows)), [.. Enumerable.Range(0, rows.Count + 1)], schema.Scaling.Dims, places: 1, all: null);
        return Fit(schema, options, units, DatasetSplit.Shuffle(rows.Count, options.Seed), null, cancel);
    }

    /// <summary>Fits pictures that are mostly normal.</summary>
    /// <param name="name">Short name of the set.</param>
    /// <param name="count">How many pictures, at least 8.</param>
    /// <param name="rowsOf">The rows of a picture, as many of each; it is asked again where a sample has not all of them.</param>
    /// <param name="network">What makes the rows.</param>
    /// <param name="options">What is known of the pictures.</param>
    /// <param name="cancel">Stops between flows and pictures.</param>
    /// <exception cref="FlowException">The pictures are too few, or no column varies; an option is out of range.</exception>
    internal static AnomalyDetector Fit(
        string name,
        int count,
        Func<int, TableDataset> rowsOf,
        PictureNetwork network,
        AnomalyOptions options,
        CancellationToken cancel)
    {
        options.Validate();
        if (count < LeastRows)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument, $"{name} has {count} pictures, expected at least {LeastRows} to fit a detector");
        }

        int[] order = DatasetSplit.Shuffle(count, options.Seed);
        HashSet<int> sampled = [.. order.Take(SampledPictures)];
        int each = Math.Max(1, SampledRows / sampled.Count);
        int places = 1;
        int[] first = new int[count + 1];
        TableRows? sample = null;
        IReadOnlyList<string> columns = [];
        for (int i = 0; i < count; i++)
        {
            first[i + 1] = first[i];
            if (!sampled.Contains(i))
            {
                continue;
            }

            cancel.ThrowIfCancellationRequested();
            TableDataset rows = rowsOf(i);
            columns = rows.Columns;
            sample ??= new TableRows(columns.Count);
            places = rows.Count;
            foreach (int row in DatasetSplit.Shuffle(rows.Count, options.Seed + (ulong)i).Take(each))
            {
                rows[row].CopyTo(sample.Add());
                first[i + 1]++;
            }
        }

        TableDataset table = new(name, columns, sample!);
        TableSchema schema = new(name, TableScaling.Fit(table, null), null, options.Seed);
        DetectorUnits units = new(
            Widened(schema.Scaling.Apply(table)),
            first,
            schema.Scaling.Dims,
            places,
            places == 1 && sampled.Count == count ? null : unit => Widened(schema.Scaling.Apply(rowsOf(unit))));
        return Fit(schema, options, units, order, network, cancel);
    }

    /// <summary>Scores rows.</summary>
    /// <param name="rows">With the columns of the training rows, in any order; of positions of pictures, those of whole ones in
    /// order, each of which is judged as the highest of its picture.</param>
    /// <param name="cancel">Stops between rows.</param>
    /// <exception cref="FlowException">A column is missing.</exception>
    public AnomalyFindings Score(TableDataset rows, CancellationToken cancel = default)
    {
        int places = _scale.Places.Length;
        if (rows.Count % places != 0)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument, $"{rows.Name} has {rows.Count} rows, expected {places} for each picture, one a position");
        }

        double[] scores = _scale.Scores(_ensemble.Norms(Scaled(rows), cancel));
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
                double[] falls = _ensemble.Explain(values.AsSpan(i * dims, dims), _scale.Flows);
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
            DetectorScale scale = new(tensors.Get("scales", DetectorFlowKind.All.Count), tensors.Find(PlacesTensor, -1) ?? [1]);
            double[] heldOut = tensors.Get("held_out", -1);
            Array.Sort(heldOut);
            double threshold = root.GetProperty("threshold").GetDouble();
            return scale.Flows.Concat(scale.Places).All(value => value > 0)
                ? new AnomalyDetector(
                    schema, options, DetectorEnsemble.Read(tensors, schema.Scaling.Dims), scale, heldOut, threshold)
                {
                    Network = PictureNetwork.Read(root),
                }
                : throw new FormatException("a scale is not positive");
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or FormatException
            or InvalidOperationException or FlowException)
        {
            throw new FlowException(FlowErrorKind.BadFormat, $"{path}: the detector does not read: {exception.Message}", exception);
        }
    }

    private NamedTensor[] Tensors() =>
    [
        new("scales", _scale.Flows, _scale.Flows.Length),
        .. _scale.Places.Length > 1 ? new[] { new NamedTensor(PlacesTensor, _scale.Places, _scale.Places.Length) } : [],
        new("held_out", _heldOut, _heldOut.Length),
        .. _ensemble.Tensors(),
    ];

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
            Network?.Write(json);
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

    private double[] Scaled(TableDataset rows) => Widened(Schema.Scaling.Apply(Schema.Select(rows).Rows));

    private static double[] Widened(ScaledTable rows) => Array.ConvertAll(rows.Values, value => (double)value);

    private static AnomalyDetector Fit(
        TableSchema schema,
        AnomalyOptions options,
        DetectorUnits units,
        int[] order,
        PictureNetwork? network,
        CancellationToken cancel)
    {
        (DetectorEnsemble ensemble, DetectorScale scale, double[] heldOut, double threshold) =
            new DetectorFit(units, options, cancel).Run(order);
        return new AnomalyDetector(schema, options, ensemble, scale, heldOut, threshold) { Network = network };
    }
}
