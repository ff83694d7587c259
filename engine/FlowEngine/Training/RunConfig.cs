using System.Text;
using System.Text.Json;

using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Models;
using FlowEngine.Settings;

namespace FlowEngine.Training;

/// <summary>What a run folder says of its run: enough to go on with it.</summary>
/// <param name="Data">Where the images or rows come from, as <see cref="FlowEngine.Data.DatasetLoader"/> or
/// <see cref="FlowEngine.Data.TableLoader"/> takes it.</param>
/// <param name="Model">The model.</param>
/// <param name="Training">How it is trained; the memory mode is the one in use, never a wish.</param>
/// <param name="Limits">Where it ends.</param>
/// <param name="Device">The name of the device.</param>
/// <param name="Threads">CPU threads; 0 for one per core.</param>
/// <param name="Precision">What a GPU rounds the factors of the networks' products to.</param>
public sealed record RunConfig(
    string Data,
    ModelConfig Model,
    TrainerOptions Training,
    RunLimits Limits,
    string Device,
    int Threads,
    NetworkPrecision Precision = NetworkPrecision.Full)
{
    /// <summary>The command lines that began and resumed the run, each on a line of its own; null for a run that a program began.</summary>
    public string? Command { get; init; }

    /// <summary>As JSON.</summary>
    public string ToJson()
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            if (Command is not null)
            {
                json.WriteString("command", Command);
            }

            json.WriteString("data", Data);
            json.WriteString("device", Device);
            json.WriteNumber("threads", Threads);
            json.WriteString("precision", PrecisionNames.Of(Precision));
            json.WritePropertyName("model");
            json.WriteRawValue(Model.ToJson());
            json.WriteStartObject("training");
            foreach (Setting setting in TrainerOptions.Settings)
            {
                setting.Write(json, Training);
            }

            json.WriteEndObject();
            json.WriteStartObject("limits");
            WriteLimits(json);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>From JSON.</summary>
    /// <param name="json">As <see cref="ToJson"/> wrote it.</param>
    /// <param name="source">The file it came from, for messages.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.BadFormat"/>: not such a text, or a number
    /// is out of range.</exception>
    public static RunConfig Parse(string json, string source)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            JsonElement root = document.RootElement;
            RunConfig config = new(
                root.GetProperty("data").GetString()!,
                ModelConfig.Parse(root.GetProperty("model").GetRawText(), source),
                ReadTraining(root.GetProperty("training")),
                ReadLimits(root.GetProperty("limits")),
                root.GetProperty("device").GetString()!,
                root.GetProperty("threads").GetInt32(),
                root.TryGetProperty("precision", out JsonElement precision)
                    ? PrecisionNames.Parse(precision.GetString()!)
                    : NetworkPrecision.Full)
            {
                Command = root.TryGetProperty("command", out JsonElement command) ? command.GetString() : null,
            };
            config.Training.Validate();
            config.Limits.Validate();
            return config;
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or FormatException
            or InvalidOperationException or ArgumentException or FlowException)
        {
            throw new FlowException(
                FlowErrorKind.BadFormat,
                $"{source}: the configuration of the run does not read: {exception.Message}",
                exception);
        }
    }

    private static TrainerOptions ReadTraining(JsonElement json)
    {
        // What an earlier release did not know yet has its default, which is what it did.
        TrainerOptions training = new();
        foreach (JsonProperty property in json.EnumerateObject())
        {
            Setting setting = TrainerOptions.Settings.FirstOrDefault(
                known => known.Name == property.Name || known.FormerName == property.Name)
                ?? throw new FormatException($"{property.Name} is no option of a training");
            training = (TrainerOptions)setting.With(training, setting.Read(property.Value));
        }

        return training;
    }

    private void WriteLimits(Utf8JsonWriter json)
    {
        if (Limits.Epochs is int epochs)
        {
            json.WriteNumber("epochs", epochs);
        }

        if (Limits.Samples is long samples)
        {
            json.WriteNumber("samples", samples);
        }

        if (Limits.Minutes is double minutes)
        {
            json.WriteNumber("minutes", minutes);
        }

        if (Limits.Patience is int patience)
        {
            json.WriteNumber("patience", patience);
            json.WriteNumber("evaluate_every", Limits.EvaluateEvery);
        }
    }

    private static RunLimits ReadLimits(JsonElement json) => new(
        json.TryGetProperty("epochs", out JsonElement epochs) ? epochs.GetInt32() : null,
        json.TryGetProperty("samples", out JsonElement samples) || json.TryGetProperty("images", out samples)
            ? samples.GetInt64()
            : null,
        json.TryGetProperty("minutes", out JsonElement minutes) ? minutes.GetDouble() : null)
    {
        Patience = json.TryGetProperty("patience", out JsonElement patience) ? patience.GetInt32() : null,
        EvaluateEvery = json.TryGetProperty("evaluate_every", out JsonElement every) ? every.GetInt32() : 1,
    };
}
