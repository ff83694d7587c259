using System.Text.Json;

using FlowEngine.Data;

namespace FlowEngine.Models;

/// <summary>What a model of a table knows of how its rows are read.</summary>
/// <param name="Scaling">From rows to what the model sees.</param>
/// <param name="Label">The label column of a CSV file; null for none.</param>
/// <param name="SplitSeed">Which rows were training, validation and test.</param>
public sealed record TableSettings(TableScaling Scaling, string? Label, ulong SplitSeed)
{
    /// <summary>The scaling of the columns that the model is conditional on; null for none.</summary>
    public TableScaling? Condition { get; init; }

    /// <summary>The columns whose density the model gives.</summary>
    /// <param name="table">Rows of the table, the condition's columns among them.</param>
    /// <exception cref="FlowException">The table lacks a column of the condition.</exception>
    public TableDataset Rows(TableDataset table) => Condition is null ? table : table.Part(ConditionNames).Others;

    /// <summary>The rows as the model sees them, with the conditions and labels they have.</summary>
    /// <param name="table">Rows of the table, the condition's columns among them.</param>
    /// <exception cref="FlowException">The columns are other ones, or a value is outside the logit's bounds.</exception>
    public ScaledTable Apply(TableDataset table)
    {
        if (Condition is null)
        {
            return Scaling.Apply(table);
        }

        (TableDataset named, TableDataset others) = table.Part(ConditionNames);
        return Scaling.Apply(others) with { Conditions = Condition.Apply(named).Values };
    }

    /// <summary>One condition from values in the units of the table.</summary>
    /// <param name="values">One a column of the condition.</param>
    /// <returns>(N).</returns>
    /// <exception cref="FlowException">They are too few or too many, or not finite.</exception>
    public float[] ConditionOf(double[] values) => Condition is null
        ? throw new FlowException(
            FlowErrorKind.InvalidArgument, "values of a condition were given, and the model has no such columns")
        : values.Length == Condition.Columns.Count
            ? Condition.Apply(new TableDataset("the condition", ConditionNames, [values])).Values
            : throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"{values.Length} values of a condition were given, expected {string.Join(", ", ConditionNames)}");

    private string[] ConditionNames => [.. Condition!.Columns.Select(column => column.Name)];

    /// <summary>Writes them into an open JSON object.</summary>
    internal void Write(Utf8JsonWriter json)
    {
        Scaling.Write(json);
        json.WriteNumber("split_seed", SplitSeed);
        if (Label is not null)
        {
            json.WriteString("label", Label);
        }

        if (Condition is not null)
        {
            json.WriteStartObject("condition");
            Condition.Write(json);
            json.WriteEndObject();
        }
    }

    /// <summary>The settings in a JSON object; null where it is of images.</summary>
    internal static TableSettings? Read(JsonElement json) => TableScaling.Read(json) is TableScaling scaling
        ? new TableSettings(
            scaling,
            json.TryGetProperty("label", out JsonElement label) ? label.GetString() : null,
            json.GetProperty("split_seed").GetUInt64())
        {
            Condition = json.TryGetProperty("condition", out JsonElement condition)
                ? TableScaling.Read(condition) ?? throw new FormatException("the condition has no columns")
                : null,
        }
        : null;
}
