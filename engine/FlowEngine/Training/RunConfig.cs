using System.Text;
using System.Text.Json;

using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Models;

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
    /// <summary>As JSON.</summary>
    public string ToJson()
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("data", Data);
            json.WriteString("device", Device);
            json.WriteNumber("threads", Threads);
            json.WriteString("precision", PrecisionNames.Of(Precision));
            json.WritePropertyName("model");
            json.WriteRawValue(Model.ToJson());
            json.WriteStartObject("training");
            WriteTraining(json);
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
                    : NetworkPrecision.Full);
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

    private void WriteTraining(Utf8JsonWriter json)
    {
        json.WriteNumber("batch", Training.Batch);
        json.WriteString("optimizer", Training.Optimizer.ToString());
        json.WriteNumber("lr", Training.Rate);
        json.WriteNumber("beta1", Training.Beta1);
        json.WriteNumber("beta2", Training.Beta2);
        json.WriteNumber("epsilon", Training.Epsilon);
        json.WriteNumber("weight_decay", Training.WeightDecay);
        json.WriteNumber("warmup_samples", Training.WarmupSamples);
        json.WriteString("schedule", Training.Schedule.ToString());
        json.WriteNumber("total_samples", Training.TotalSamples);
        json.WriteNumber("clip", Training.Clip);
        json.WriteNumber("ema", Training.EmaDecay);
        json.WriteBoolean("flip", Training.Flip);
        json.WriteString("memory", Training.Memory.ToString());
        if (Training.ReadEvery is int readEvery)
        {
            json.WriteNumber("read_every", readEvery);
        }

        json.WriteNumber("seed", Training.Seed);
    }

    private static TrainerOptions ReadTraining(JsonElement json) => new()
    {
        Batch = json.GetProperty("batch").GetInt32(),
        Optimizer = Enum.Parse<OptimizerKind>(json.GetProperty("optimizer").GetString()!),
        Rate = json.GetProperty("lr").GetDouble(),
        Beta1 = json.GetProperty("beta1").GetDouble(),
        Beta2 = json.GetProperty("beta2").GetDouble(),
        Epsilon = json.GetProperty("epsilon").GetDouble(),
        WeightDecay = json.GetProperty("weight_decay").GetDouble(),
        WarmupSamples = json.GetProperty("warmup_samples", "warmup_images").GetInt64(),
        Schedule = Enum.Parse<Schedule>(json.GetProperty("schedule").GetString()!),
        TotalSamples = json.GetProperty("total_samples", "total_images").GetInt64(),
        Clip = json.GetProperty("clip").GetDouble(),
        EmaDecay = json.GetProperty("ema").GetDouble(),
        Flip = json.GetProperty("flip").GetBoolean(),
        Memory = Enum.Parse<MemoryMode>(json.GetProperty("memory").GetString()!),
        ReadEvery = json.TryGetProperty("read_every", out JsonElement readEvery) ? readEvery.GetInt32() : null,
        Seed = json.GetProperty("seed").GetUInt64(),
    };

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
    };
}
