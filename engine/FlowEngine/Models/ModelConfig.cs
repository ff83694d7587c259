using System.Text;
using System.Text.Json;

using FlowEngine.Architecture;
using FlowEngine.Data;

namespace FlowEngine.Models;

/// <summary>What a checkpoint says of its model beside the weights: everything needed to build and feed it.</summary>
/// <param name="Options">The kind of model and its sizes.</param>
/// <param name="IsInitialized">True once data-dependent initialization has run; part of the file, never guessed.</param>
/// <param name="Data">What it knows of its data; null for a model of vectors in a file that says nothing of them: it takes
/// them as they are.</param>
public sealed record ModelConfig(IModelOptions Options, bool IsInitialized, DataSchema? Data)
{
    /// <summary>The configuration of a new model.</summary>
    /// <param name="options">The kind of model and its sizes.</param>
    /// <param name="data">What it knows of its data; null where it takes them as they are.</param>
    public static ModelConfig New(IModelOptions options, DataSchema? data = null) =>
        new(options, IsInitialized: false, data ?? DataSchema.AsIs(string.Empty, options));

    /// <summary>What it knows of the rows of its table.</summary>
    /// <exception cref="FlowException">The model is of images, or its checkpoint says nothing of its rows.</exception>
    public TableSchema Table => Data as TableSchema ?? throw new FlowException(
        FlowErrorKind.InvalidArgument, $"the model is of {DataSummary}, expected rows of a table with a schema");

    /// <summary>What it knows of its images.</summary>
    /// <exception cref="FlowException">The model is of rows.</exception>
    public ImageSchema Images => Data as ImageSchema ?? throw new FlowException(
        FlowErrorKind.InvalidArgument, $"the model is of {DataSummary}, expected images");

    /// <summary>
    /// The mean log density of its training data, nats: of images scaled to [-0.5, 0.5), of rows in their own units.
    /// Null until a training run ends.
    /// </summary>
    public double? TrainingLogProb { get; init; }

    /// <summary>The classes it is conditional on, by their numbers where its data did not name them.</summary>
    /// <exception cref="FlowException">The model is not of classes.</exception>
    public DataClasses Classes => Options.Condition is { IsClass: true } condition
        ? Data?.Classes ?? new DataClasses(condition.Length, null, null)
        : throw new FlowException(FlowErrorKind.InvalidArgument, "the model is not conditional on classes");

    /// <summary>What it calls a sample of its data.</summary>
    public SampleUnit Unit => Options.Bins is null ? SampleUnit.Row : SampleUnit.Image;

    /// <summary>What its data are, in a few words, as "images of 8x8x1, 17 grey levels".</summary>
    public string DataSummary =>
        $"{Unit.Plural} of {Data?.Summary ?? $"{Options.Dims} values, of which the checkpoint has no schema"}";

    /// <summary>As JSON.</summary>
    public string ToJson()
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            Options.Kind.Write(json, Options);
            json.WriteBoolean("initialized", IsInitialized);
            json.WriteStartObject("data");
            Data?.Write(json);
            if (TrainingLogProb is double logProb)
            {
                json.WriteNumber("training_log_prob", logProb);
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
            if (root.TryGetProperty("kind", out JsonElement kind))
            {
                throw new FormatException($"its kind is {kind.GetString()}, expected a model (flow score and flow info take both)");
            }

            JsonElement data = root.GetProperty("data");
            IModelOptions options = ModelKinds.Read(root);
            options.Validate();
            DataSchema? schema = DataSchema.Read(data, options);
            schema?.RequireFits(options);
            return new ModelConfig(options, root.GetProperty("initialized").GetBoolean(), schema)
            {
                TrainingLogProb = data.TryGetProperty("training_log_prob", out JsonElement logProb)
                    ? double.IsFinite(logProb.GetDouble())
                        ? logProb.GetDouble()
                        : throw new FormatException($"training_log_prob is {logProb.GetRawText()}, expected a finite number")
                    : null,
            };
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or FormatException
            or InvalidOperationException or FlowException)
        {
            throw new FlowException(
                FlowErrorKind.BadFormat, $"{source}: the configuration does not read: {exception.Message}", exception);
        }
    }
}
