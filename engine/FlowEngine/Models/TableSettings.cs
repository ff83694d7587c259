using System.Text.Json;

using FlowEngine.Data;

namespace FlowEngine.Models;

/// <summary>What a model of a table knows of how its rows are read.</summary>
/// <param name="Scaling">From rows to what the model sees.</param>
/// <param name="Label">The label column of a CSV file; null for none.</param>
/// <param name="SplitSeed">Which rows were training, validation and test.</param>
public sealed record TableSettings(TableScaling Scaling, string? Label, ulong SplitSeed)
{
    /// <summary>Writes them into an open JSON object.</summary>
    internal void Write(Utf8JsonWriter json)
    {
        Scaling.Write(json);
        json.WriteNumber("split_seed", SplitSeed);
        if (Label is not null)
        {
            json.WriteString("label", Label);
        }
    }

    /// <summary>The settings in a JSON object; null where it is of images.</summary>
    internal static TableSettings? Read(JsonElement json) => TableScaling.Read(json) is TableScaling scaling
        ? new TableSettings(
            scaling,
            json.TryGetProperty("label", out JsonElement label) ? label.GetString() : null,
            json.GetProperty("split_seed").GetUInt64())
        : null;
}
