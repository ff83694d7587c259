using System.Text.Json;

namespace FlowEngine.Anomalies;

/// <summary>The network that makes rows of pictures for a detector, and how it sees them, as a checkpoint has it.</summary>
/// <param name="Sha256">Of its file, in lower-case hexadecimal.</param>
/// <param name="Output">The name of the output whose features are the rows.</param>
/// <param name="Height">Rows of pixels that pictures are resized to.</param>
/// <param name="Width">Columns of pixels.</param>
/// <param name="Mean">What is taken off the values of a pixel, which are 0 to 1: red, green, blue.</param>
/// <param name="Deviation">What they are then divided by.</param>
/// <param name="IsByPosition">Whether each position of the output is a row; else a picture is one row, their mean.</param>
internal sealed record PictureNetwork(
    string Sha256, string Output, int Height, int Width, float[] Mean, float[] Deviation, bool IsByPosition)
{
    /// <summary>The most rows, and columns, of pixels.</summary>
    public const int LargestSide = 4096;

    private const string Key = "network";

    /// <summary>Reads what <see cref="Write"/> wrote; null where there is nothing.</summary>
    /// <param name="config">The configuration of a detector.</param>
    public static PictureNetwork? Read(JsonElement config)
    {
        if (!config.TryGetProperty(Key, out JsonElement json))
        {
            return null;
        }

        PictureNetwork network = new(
            json.GetProperty("sha256").GetString()!,
            json.GetProperty("output").GetString()!,
            json.GetProperty("height").GetInt32(),
            json.GetProperty("width").GetInt32(),
            [.. json.GetProperty("mean").EnumerateArray().Select(value => value.GetSingle())],
            [.. json.GetProperty("deviation").EnumerateArray().Select(value => value.GetSingle())],
            json.GetProperty("by_position").GetBoolean());
        return network is { Height: > 0 and <= LargestSide, Width: > 0 and <= LargestSide, Mean.Length: 3, Deviation.Length: 3 }
            ? network
            : throw new FormatException("the sizes of its network are out of range");
    }

    /// <summary>Writes a property of an open JSON object.</summary>
    /// <param name="json">The configuration of a detector.</param>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject(Key);
        json.WriteString("sha256", Sha256);
        json.WriteString("output", Output);
        json.WriteNumber("height", Height);
        json.WriteNumber("width", Width);
        WriteNumbers("mean", Mean);
        WriteNumbers("deviation", Deviation);
        json.WriteBoolean("by_position", IsByPosition);
        json.WriteEndObject();

        void WriteNumbers(string name, float[] values)
        {
            json.WriteStartArray(name);
            foreach (float value in values)
            {
                json.WriteNumberValue(value);
            }

            json.WriteEndArray();
        }
    }
}
