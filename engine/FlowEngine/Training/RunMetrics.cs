using System.Text;
using System.Text.Json;

namespace FlowEngine.Training;

/// <summary>One line of a run's <c>metrics.jsonl</c>.</summary>
/// <param name="Samples">Samples seen in training.</param>
/// <param name="BitsPerDim">Bits per dimension; NaN (null in the file) where nothing finite was there.</param>
/// <param name="Seconds">Time spent in updates since the run began.</param>
public abstract record RunMetrics(long Samples, double BitsPerDim, double Seconds)
{
    /// <summary>Mean log density of a row in the units of its table, nats; null for images.</summary>
    public double? Nats { get; init; }

    /// <summary>What training makes small, in the unit in which the likelihood is told: bits per dimension, or negative nats.</summary>
    internal double Loss => -Nats ?? BitsPerDim;

    /// <summary>As one line of JSON.</summary>
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

    /// <summary>From a line.</summary>
    /// <param name="line">As <see cref="ToJson"/> wrote it.</param>
    /// <returns>Null if it is not such a line: a process that was killed may leave half of one.</returns>
    public static RunMetrics? TryParse(string line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement json = document.RootElement;
            return json.GetProperty("kind").GetString() switch
            {
                TrainMetrics.Kind => TrainMetrics.Read(json),
                EvalMetrics.Kind => EvalMetrics.Read(json),
                _ => null,
            };
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or FormatException
            or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Writes the members of the object.</summary>
    internal abstract void Write(Utf8JsonWriter json);

    /// <summary>JSON has no NaN.</summary>
    private protected static void WriteNumber(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    /// <summary>Of images there are none.</summary>
    private protected void WriteNats(Utf8JsonWriter json)
    {
        if (Nats is double nats)
        {
            WriteNumber(json, "nats", nats);
        }
    }

    private protected static double? ReadOptional(JsonElement json, string name) =>
        json.TryGetProperty(name, out _) ? ReadNumber(json, name) : null;

    private protected static double ReadNumber(JsonElement json, string name) => ReadNumber(json.GetProperty(name));

    private protected static double ReadNumber(JsonElement value) =>
        value.ValueKind == JsonValueKind.Null ? double.NaN : value.GetDouble();
}
