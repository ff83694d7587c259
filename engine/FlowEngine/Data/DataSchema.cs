using System.Text;
using System.Text.Json;

using FlowEngine.Architecture;

namespace FlowEngine.Data;

/// <summary>What a model knows of its data: enough to take them as they are, and to give samples as they were.</summary>
/// <remarks>A checkpoint holds it. Files of before it, and foreign ones, have none, or lack the names of the classes.</remarks>
/// <param name="Name">The data set the model was trained on, or empty.</param>
public abstract record DataSchema(string Name)
{
    /// <summary>The sizes of a sample in a few words, as "8x8x1, 17 grey levels".</summary>
    public abstract string Summary { get; }

    /// <summary>The classes the model is conditional on; null for none, or where no data named them.</summary>
    public DataClasses? Classes { get; init; }

    /// <summary>The schema of a model that takes data as they are: rows without scaling, images without padding.</summary>
    /// <param name="name">The data set, or empty.</param>
    /// <param name="options">The model.</param>
    /// <exception cref="FlowException">The sizes of the model do not fit each other.</exception>
    public static DataSchema AsIs(string name, IModelOptions options)
    {
        options.Validate();
        return options.Bins is int bins
            ? new ImageSchema(
                name, options.Height, options.Width, options.Channels, bins, options.Height, options.Width)
            : TableSchema.Identity(name, options);
    }

    /// <summary>As JSON.</summary>
    public string ToJson()
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream))
        {
            json.WriteStartObject();
            Write(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>From JSON.</summary>
    /// <param name="json">As <see cref="ToJson"/> wrote it.</param>
    /// <param name="options">The model.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.BadFormat"/>: not such a text, or not of this model.</exception>
    public static DataSchema Parse(string json, IModelOptions options)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            DataSchema schema = Read(document.RootElement, options) ?? throw new FormatException("it has no columns");
            schema.RequireFits(options);
            return schema;
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or FormatException
            or InvalidOperationException or FlowException)
        {
            throw new FlowException(
                FlowErrorKind.BadFormat,
                $"the data schema does not read, expected one of {options.Summary}: {exception.Message}", exception);
        }
    }

    /// <summary>Checks that a model is of such data.</summary>
    /// <param name="options">The model.</param>
    /// <exception cref="FlowException">A size differs.</exception>
    public virtual void RequireFits(IModelOptions options)
    {
        int classes = options.Condition is { IsClass: true } condition ? condition.Length : 0;
        if (Classes is not null && Classes.Count != classes)
        {
            throw Invalid($"the data have {Classes.Count} classes, the model {classes}");
        }
    }

    /// <summary>The schema in a JSON object; null where it says nothing of columns, and the model is of continuous values.</summary>
    internal static DataSchema? Read(JsonElement json, IModelOptions options)
    {
        DataSchema? schema = options.Bins is int bins
            ? ImageSchema.Read(json, options, bins)
            : TableSchema.Read(json);
        return schema is null ? null : schema with { Classes = DataClasses.Read(json) };
    }

    /// <summary>Writes the schema into an open JSON object.</summary>
    internal void Write(Utf8JsonWriter json)
    {
        json.WriteString("name", Name);
        WriteData(json);
        Classes?.Write(json);
    }

    /// <summary>Writes all but name and classes.</summary>
    protected abstract void WriteData(Utf8JsonWriter json);

    /// <summary>An error of the caller's data.</summary>
    private protected static FlowException Invalid(string message) => new(FlowErrorKind.InvalidArgument, message);
}
