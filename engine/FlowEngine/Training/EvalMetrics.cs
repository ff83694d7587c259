using System.Text.Json;

namespace FlowEngine.Training;

/// <summary>The averaged weights on held-out images.</summary>
/// <param name="Images">Images seen in training.</param>
/// <param name="BitsPerDim">Mean bits per dimension of the held-out images.</param>
/// <param name="BitsPerDimStandardError">Its standard error over them.</param>
/// <param name="HeldOutImages">How many they were.</param>
/// <param name="Seconds">Time spent in updates since the run began.</param>
public sealed record EvalMetrics(
    long Images, double BitsPerDim, double BitsPerDimStandardError, int HeldOutImages, double Seconds)
    : RunMetrics(Images, BitsPerDim, Seconds)
{
    internal const string Kind = "eval";

    /// <summary>The standard error of <see cref="RunMetrics.Nats"/>; null for images.</summary>
    public double? NatsStandardError { get; init; }

    internal static EvalMetrics Read(JsonElement json) => new(
        json.GetProperty("images").GetInt64(),
        ReadNumber(json, "bits_per_dim"),
        ReadNumber(json, "bits_per_dim_stderr"),
        json.GetProperty("held_out_images").GetInt32(),
        ReadNumber(json, "seconds"))
    {
        Nats = ReadOptional(json, "nats"),
        NatsStandardError = ReadOptional(json, "nats_stderr"),
    };

    internal override void Write(Utf8JsonWriter json)
    {
        json.WriteString("kind", Kind);
        json.WriteNumber("images", Images);
        WriteNumber(json, "bits_per_dim", BitsPerDim);
        WriteNumber(json, "bits_per_dim_stderr", BitsPerDimStandardError);
        json.WriteNumber("held_out_images", HeldOutImages);
        WriteNumber(json, "seconds", Seconds);
        WriteNats(json);
        if (NatsStandardError is double error)
        {
            WriteNumber(json, "nats_stderr", error);
        }
    }
}
