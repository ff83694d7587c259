using System.Text.Json;

namespace FlowEngine.Data;

/// <summary>What a prepared set says of itself.</summary>
/// <param name="Name">The name of the set.</param>
/// <param name="Levels">Its grey levels.</param>
/// <param name="Classes">What its labels are called; null where they are numbers, or there are none.</param>
/// <param name="Counts">How many images each of its parts has.</param>
/// <param name="Preparation">How its pictures were prepared.</param>
internal sealed record PreparedDescription(
    string Name, int Levels, string[]? Classes, IReadOnlyDictionary<string, int> Counts, ImagePreparation Preparation)
{
    private const string Format = "flowengine.images";
    private const int Version = 1;

    /// <summary>The names of the parts.</summary>
    public static IReadOnlyList<string> Parts { get; } = ["train", "val", "test"];

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <param name="text">The JSON.</param>
    /// <param name="path">What messages call it.</param>
    public static PreparedDescription Parse(ReadOnlyMemory<byte> text, string path)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(text);
            JsonElement root = json.RootElement;
            if (root.GetProperty("format").GetString() != Format || root.GetProperty("version").GetInt32() != Version)
            {
                throw new FormatException($"it is not of format {Format}, version {Version}");
            }

            int levels = root.GetProperty("levels").GetInt32();
            string[]? classes = root.TryGetProperty("classes", out JsonElement names)
                ? [.. names.EnumerateArray().Select(one => one.GetString() ?? throw new FormatException("a class has no name"))]
                : null;
            Dictionary<string, int> counts = [];
            foreach (string part in Parts)
            {
                if (root.GetProperty("parts").TryGetProperty(part, out JsonElement count))
                {
                    counts.Add(part, count.GetInt32());
                }
            }

            return levels is >= 2 and <= 256 && counts.Count > 0 && counts.Values.All(count => count > 0)
                && classes?.Distinct().Count() == classes?.Length
                ? new PreparedDescription(
                    root.GetProperty("name").GetString() ?? string.Empty, levels, classes, counts, ImagePreparation.Read(root))
                : throw new FormatException("its levels, parts or classes are none of a set");
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or FormatException
            or InvalidOperationException or FlowException)
        {
            throw DataFile.BadFormat(
                path, $"does not describe a prepared set ({exception.Message}), expected what flow prepare wrote", exception);
        }
    }

    /// <summary>Writes it as JSON.</summary>
    public void Write(Stream stream)
    {
        using Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteString("format", Format);
        json.WriteNumber("version", Version);
        json.WriteString("name", Name);
        json.WriteNumber("levels", Levels);
        if (Classes is not null)
        {
            json.WriteStartArray("classes");
            foreach (string name in Classes)
            {
                json.WriteStringValue(name);
            }

            json.WriteEndArray();
        }

        json.WriteStartObject("parts");
        foreach ((string part, int count) in Counts)
        {
            json.WriteNumber(part, count);
        }

        json.WriteEndObject();
        Preparation.Write(json);
        json.WriteEndObject();
    }
}
