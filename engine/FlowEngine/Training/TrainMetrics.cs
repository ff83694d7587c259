using System.Text.Json;

namespace FlowEngine.Training;

/// <summary>Training since the line before: figures are means over the updates between, without skipped ones.</summary>
/// <param name="Update">Updates begun.</param>
/// <param name="Samples">Samples seen.</param>
/// <param name="Epoch">Passes over the data begun, from 0.</param>
/// <param name="BitsPerDim">Mean bits per dimension.</param>
/// <param name="GradientNorm">Mean norm of the gradient, before clipping.</param>
/// <param name="Rate">The learning rate of the last update.</param>
/// <param name="SamplesPerSecond">Samples per second of training time.</param>
/// <param name="Seconds">Time spent in updates since the run began.</param>
/// <param name="Skipped">Updates skipped since the run began.</param>
public sealed record TrainMetrics(
    long Update,
    long Samples,
    int Epoch,
    double BitsPerDim,
    double GradientNorm,
    double Rate,
    double SamplesPerSecond,
    double Seconds,
    long Skipped)
    : RunMetrics(Samples, BitsPerDim, Seconds)
{
    internal const string Kind = "train";

    internal static TrainMetrics Read(JsonElement json) => new(
        json.GetProperty("update").GetInt64(),
        json.GetProperty("samples", "images").GetInt64(),
        json.GetProperty("epoch").GetInt32(),
        ReadNumber(json, "bits_per_dim"),
        ReadNumber(json, "gradient_norm"),
        ReadNumber(json, "lr"),
        ReadNumber(json.GetProperty("samples_per_s", "images_per_s")),
        ReadNumber(json, "seconds"),
        json.GetProperty("skipped").GetInt64())
    {
        Nats = ReadOptional(json, "nats"),
    };

    internal override void Write(Utf8JsonWriter json)
    {
        json.WriteString("kind", Kind);
        json.WriteNumber("update", Update);
        json.WriteNumber("samples", Samples);
        json.WriteNumber("epoch", Epoch);
        WriteNumber(json, "bits_per_dim", BitsPerDim);
        WriteNumber(json, "gradient_norm", GradientNorm);
        WriteNumber(json, "lr", Rate);
        WriteNumber(json, "samples_per_s", SamplesPerSecond);
        WriteNumber(json, "seconds", Seconds);
        json.WriteNumber("skipped", Skipped);
        WriteNats(json);
    }
}
