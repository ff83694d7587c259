using System.Text.Json;

namespace FlowEngine.Training;

/// <summary>The averaged weights on held-out samples.</summary>
/// <param name="Samples">Samples seen in training.</param>
/// <param name="BitsPerDim">Mean bits per dimension of the held-out samples.</param>
/// <param name="BitsPerDimStandardError">Its standard error over them.</param>
/// <param name="HeldOutSamples">How many they were.</param>
/// <param name="Seconds">Time spent in updates since the run began.</param>
public sealed record EvalMetrics(
    long Samples, double BitsPerDim, double BitsPerDimStandardError, int HeldOutSamples, double Seconds)
    : RunMetrics(Samples, BitsPerDim, Seconds)
{
    internal const string Kind = "eval";

    /// <summary>The standard error of <see cref="RunMetrics.Nats"/>; null for images.</summary>
    public double? NatsStandardError { get; init; }

    /// <summary>Held-out samples of log density -∞, which the means leave out.</summary>
    public int LeftOut { get; init; }

    internal static EvalMetrics Read(JsonElement json) => new(
        json.GetProperty("samples", "images").GetInt64(),
        ReadNumber(json, "bits_per_dim"),
        ReadNumber(json, "bits_per_dim_stderr"),
        json.GetProperty("held_out_samples", "held_out_images").GetInt32(),
        ReadNumber(json, "seconds"))
    {
        LeftOut = json.TryGetProperty("left_out", out JsonElement leftOut) ? leftOut.GetInt32() : 0,
        Nats = ReadOptional(json, "nats"),
        NatsStandardError = ReadOptional(json, "nats_stderr"),
    };

    internal override void Write(Utf8JsonWriter json)
    {
        json.WriteString("kind", Kind);
        json.WriteNumber("samples", Samples);
        WriteNumber(json, "bits_per_dim", BitsPerDim);
        WriteNumber(json, "bits_per_dim_stderr", BitsPerDimStandardError);
        json.WriteNumber("held_out_samples", HeldOutSamples);
        json.WriteNumber("left_out", LeftOut);
        WriteNumber(json, "seconds", Seconds);
        WriteNats(json);
        if (NatsStandardError is double error)
        {
            WriteNumber(json, "nats_stderr", error);
        }
    }
}
