using System.Text;
using System.Text.Json;

using FlowEngine.Kernels;

namespace FlowEngine.Models;

/// <summary>What a checkpoint says of its model beside the weights: everything needed to build and feed it.</summary>
/// <param name="Glow">The sizes.</param>
/// <param name="IsInitialized">True once data-dependent initialization has run; part of the file, never guessed.</param>
/// <param name="DataName">The data set it was trained on, or empty.</param>
/// <param name="DataHeight">Rows of its images before padding.</param>
/// <param name="DataWidth">Columns of its images before padding.</param>
public sealed record ModelConfig(GlowOptions Glow, bool IsInitialized, string DataName, int DataHeight, int DataWidth)
{
    /// <summary>As JSON.</summary>
    public string ToJson()
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("model", "glow");
            json.WriteString("preset", Glow.Preset == GlowPreset.Glow ? "glow" : "rosinality");
            json.WriteNumber("height", Glow.Height);
            json.WriteNumber("width", Glow.Width);
            json.WriteNumber("channels", Glow.Channels);
            json.WriteNumber("levels", Glow.Levels);
            json.WriteNumber("steps", Glow.Steps);
            json.WriteNumber("hidden", Glow.Hidden);
            json.WriteString("coupling", Glow.Coupling == CouplingKind.Affine ? "affine" : "additive");
            json.WriteNumber("bins", Glow.Bins);
            json.WriteBoolean("initialized", IsInitialized);
            json.WriteStartObject("data");
            json.WriteString("name", DataName);
            json.WriteNumber("height", DataHeight);
            json.WriteNumber("width", DataWidth);
            json.WriteString("scaling", "(level + u) / bins - 0.5");
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
            string model = Text(root, "model");
            if (model != "glow")
            {
                throw new FormatException($"the model is \"{model}\", expected \"glow\"");
            }

            JsonElement data = root.GetProperty("data");
            ModelConfig config = new(
                new GlowOptions
                {
                    Preset = Choice(root, "preset", ("glow", GlowPreset.Glow), ("rosinality", GlowPreset.Rosinality)),
                    Height = root.GetProperty("height").GetInt32(),
                    Width = root.GetProperty("width").GetInt32(),
                    Channels = root.GetProperty("channels").GetInt32(),
                    Levels = root.GetProperty("levels").GetInt32(),
                    Steps = root.GetProperty("steps").GetInt32(),
                    Hidden = root.GetProperty("hidden").GetInt32(),
                    Coupling = Choice(
                        root, "coupling", ("affine", CouplingKind.Affine), ("additive", CouplingKind.Additive)),
                    Bins = root.GetProperty("bins").GetInt32(),
                },
                root.GetProperty("initialized").GetBoolean(),
                Text(data, "name"),
                data.GetProperty("height").GetInt32(),
                data.GetProperty("width").GetInt32());
            config.Glow.Validate();
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

    private static T Choice<T>(JsonElement parent, string name, (string Name, T Value) first, (string Name, T Value) second)
    {
        string text = Text(parent, name);
        return text == first.Name ? first.Value
            : text == second.Name ? second.Value
            : throw new FormatException($"{name} is \"{text}\", expected \"{first.Name}\" or \"{second.Name}\"");
    }
}
