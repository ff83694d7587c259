using System.Text;
using System.Text.Json;

using FlowEngine.Data;

namespace FlowEngine.Models;

/// <summary>What a checkpoint says of its model beside the weights: everything needed to build and feed it.</summary>
/// <param name="Options">The kind of model and its sizes.</param>
/// <param name="IsInitialized">True once data-dependent initialization has run; part of the file, never guessed.</param>
/// <param name="DataName">The data set it was trained on, or empty.</param>
/// <param name="DataHeight">Rows of its images before padding.</param>
/// <param name="DataWidth">Columns of its images before padding.</param>
public sealed record ModelConfig(
    IModelOptions Options, bool IsInitialized, string DataName, int DataHeight, int DataWidth)
{
    /// <summary>How the rows of its table are read and scaled; null for images.</summary>
    public TableSettings? Table { get; init; }

    /// <summary>
    /// The mean log density of its training data, nats: of images scaled to [-0.5, 0.5), of rows in their own units.
    /// Null until a training run ends.
    /// </summary>
    public double? TrainingLogProb { get; init; }

    /// <summary>How many training data each class had; null where the model is not of classes, or not trained.</summary>
    public IReadOnlyList<long>? ClassCounts { get; init; }

    /// <summary>The sizes of a Glow.</summary>
    /// <exception cref="FlowException">The model is of another kind.</exception>
    public GlowOptions Glow => Options as GlowOptions
        ?? throw new FlowException(
            FlowErrorKind.InvalidArgument, $"the model is of the kind {Options.Kind}, expected {GlowOptions.KindName}");

    /// <summary>What it calls a sample of its data.</summary>
    public SampleUnit Unit => Table is null ? SampleUnit.Image : SampleUnit.Row;

    /// <summary>The sizes of a sample in a few words, as "8x8x1, 17 grey levels".</summary>
    internal string DescribeSample()
    {
        if (Table is null)
        {
            string padded = (Options.Height, Options.Width) == (DataHeight, DataWidth)
                ? string.Empty
                : $", padded to {Options.Height}x{Options.Width}";
            return $"{DataHeight}x{DataWidth}x{Options.Channels}{padded}, {Options.Bins} grey levels";
        }

        int leftOut = Table.Scaling.Columns.Count - Options.Dims;
        return $"{Options.Dims} columns{(leftOut > 0 ? $" ({leftOut} left out)" : string.Empty)}";
    }

    /// <summary>As JSON.</summary>
    public string ToJson()
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("model", Options.Kind);
            Options.Write(json);
            json.WriteBoolean("initialized", IsInitialized);
            json.WriteStartObject("data");
            json.WriteString("name", DataName);
            json.WriteNumber("height", DataHeight);
            json.WriteNumber("width", DataWidth);
            if (Options.Bins is not null)
            {
                json.WriteString("scaling", "(level + u) / bins - 0.5");
            }

            Table?.Write(json);
            if (TrainingLogProb is double logProb)
            {
                json.WriteNumber("training_log_prob", logProb);
            }

            if (ClassCounts is not null)
            {
                json.WriteStartArray("class_counts");
                foreach (long count in ClassCounts)
                {
                    json.WriteNumberValue(count);
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>From JSON.</summary>
    /// <param name="json">As <see cref="ToJson"/> wrote it.</param>
    /// <param name="source">The file it came from, for messages.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.BadFormat"/>: not such a text, or sizes that do not fit.</exception>
    public static ModelConfig Parse(string json, string source)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            JsonElement root = document.RootElement;
            JsonElement data = root.GetProperty("data");
            ModelConfig config = new(
                ModelKinds.Read(Text(root, "model"), root),
                root.GetProperty("initialized").GetBoolean(),
                Text(data, "name"),
                data.GetProperty("height").GetInt32(),
                data.GetProperty("width").GetInt32())
            {
                Table = TableSettings.Read(data),
                TrainingLogProb = data.TryGetProperty("training_log_prob", out JsonElement logProb)
                    ? logProb.GetDouble()
                    : null,
                ClassCounts = data.TryGetProperty("class_counts", out JsonElement counts)
                    ? [.. counts.EnumerateArray().Select(count => count.GetInt64())]
                    : null,
            };
            config.Options.Validate();
            if (config.Table is TableSettings table && table.Scaling.Dims != config.Options.Dims)
            {
                throw new FormatException(
                    $"the scaling is of {table.Scaling.Dims} columns, the model of {config.Options.Dims}");
            }

            int columns = config.Options.Condition is { IsClass: false } vector ? vector.Length : 0;
            if (config.Table is not null && (config.Table.Condition?.Dims ?? 0) != columns)
            {
                throw new FormatException(
                    $"the scaling has {config.Table.Condition?.Dims ?? 0} condition columns, the model {columns}");
            }

            int classes = config.Options.Condition is { IsClass: true } condition ? condition.Length : 0;
            if (config.ClassCounts is not null
                && (config.ClassCounts.Count != classes || config.ClassCounts.Any(count => count < 0)))
            {
                throw new FormatException($"there are {config.ClassCounts.Count} class counts, expected {classes}");
            }

            return config;
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or FormatException
            or InvalidOperationException or FlowException)
        {
            throw new FlowException(
                FlowErrorKind.BadFormat, $"{source}: the configuration does not read: {exception.Message}", exception);
        }
    }

    private static string Text(JsonElement parent, string name) => parent.GetProperty(name).GetString() ?? string.Empty;
}
