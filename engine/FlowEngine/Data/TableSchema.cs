using System.Text.Json;

using FlowEngine.Architecture;

namespace FlowEngine.Data;

/// <summary>What a model of a table knows of its rows: the one map between them and what the model sees.</summary>
/// <param name="Name">The table it was trained on, or empty.</param>
/// <param name="Scaling">From rows to what the model sees.</param>
/// <param name="Label">The label column; null for none.</param>
/// <param name="SplitSeed">Which rows were training, validation and test.</param>
public sealed record TableSchema(string Name, TableScaling Scaling, string? Label, ulong SplitSeed) : DataSchema(Name)
{
    /// <summary>What the label column of samples is called where the data did not say.</summary>
    private const string DefaultLabel = "label";

    /// <summary>The scaling of the columns that the model is conditional on; null for none.</summary>
    public TableScaling? Condition { get; init; }

    /// <summary>The columns whose density the model gives, in order; those left out among them.</summary>
    public IReadOnlyList<string> Columns => Scaling.Names;

    /// <summary>The columns that the model is conditional on, in order.</summary>
    public IReadOnlyList<string> ConditionColumns => Condition?.Names ?? [];

    /// <inheritdoc/>
    public override string Summary =>
        $"{Scaling.Dims} columns{(Columns.Count > Scaling.Dims ? $" ({Columns.Count - Scaling.Dims} left out)" : string.Empty)}";

    /// <summary>The label column of what the model gives.</summary>
    public string LabelColumn => Label ?? DefaultLabel;

    /// <summary>The schema of a model of continuous values that takes rows as they are.</summary>
    internal static TableSchema Identity(string name, IModelOptions options)
    {
        return new TableSchema(name, Unscaled(options.Dims), null, 0)
        {
            Condition = options.Condition is { IsClass: false } vector ? Unscaled(vector.Length) : null,
        };

        static TableScaling Unscaled(int count) => new(
            [.. Enumerable.Range(0, count).Select(j => new TableColumn(TableDataset.GeneratedName(j), 0, 1))], null);
    }

    /// <summary>
    /// The columns of a table that the model knows, in its order: by their names, or by their places where one of both
    /// has no names.
    /// </summary>
    /// <param name="table">Rows of the table.</param>
    /// <returns>The columns whose density it gives; then those of the condition, or null for none.</returns>
    /// <exception cref="FlowException">The table lacks a column: which.</exception>
    public (TableDataset Rows, TableDataset? Condition) Select(TableDataset table)
    {
        string[] wanted = [.. Columns, .. ConditionColumns];
        bool isByPlace = Condition is null && table.Columns.Count == wanted.Length
            && (table.Columns.All(TableDataset.IsGeneratedName) || wanted.All(TableDataset.IsGeneratedName));
        int[] places = isByPlace ? [.. Enumerable.Range(0, wanted.Length)] : table.Find(wanted);
        TableDataset rows = table.SelectColumns(places[..Columns.Count]);
        return (rows, Condition is null ? null : table.SelectColumns(places[Columns.Count..]));
    }

    /// <summary>The rows as the model sees them, with the conditions and the labels they have.</summary>
    /// <param name="table">Rows of the table, the condition's columns among them; the columns in any order.</param>
    /// <exception cref="FlowException">A column is missing, a value is outside the logit's bounds, or a label is of a class
    /// that the model does not know.</exception>
    public ScaledTable Apply(TableDataset table)
    {
        (TableDataset rows, TableDataset? condition) = Select(table);
        return Scaling.Apply(rows) with
        {
            Labels = LabelsOf(table),
            ClassNames = Classes?.Names ?? table.ClassNames,
            Conditions = ConditionsOf(condition),
        };
    }

    /// <summary>The same; rows that stay in their file stay there.</summary>
    /// <param name="table">As above.</param>
    /// <exception cref="FlowException">As above; of rows in a file a value is checked when it is read.</exception>
    internal IDataset Open(TableDataset table)
    {
        if (table.IsInMemory)
        {
            return Apply(table);
        }

        (TableDataset rows, TableDataset? condition) = Select(table);
        return new StoredTable(rows, Scaling)
        {
            Labels = LabelsOf(table),
            ClassNames = Classes?.Names ?? table.ClassNames,
            Conditions = ConditionsOf(condition),
        };
    }

    private int[]? LabelsOf(TableDataset table) => Classes is DataClasses classes && table.Labels is int[] labels
        ? classes.Number(labels, table.ClassNames, table.Name)
        : table.Labels;

    private float[]? ConditionsOf(TableDataset? condition) => condition is null ? null : Condition!.Apply(condition).Values;

    /// <summary>Rows in the units of the table from what a model gives: the inverse of <see cref="Apply"/>.</summary>
    /// <param name="name">The name of the new table.</param>
    /// <param name="values">(B, D), finite.</param>
    /// <exception cref="FlowException">A value is not finite.</exception>
    public TableDataset Restore(string name, ReadOnlySpan<float> values) => Scaling.Restore(name, values);

    /// <summary>One condition from values in the units of the table.</summary>
    /// <param name="values">One a column of the condition.</param>
    /// <returns>(N).</returns>
    /// <exception cref="FlowException">They are too few or too many, or not finite.</exception>
    public float[] ConditionOf(double[] values) => Condition is null
        ? throw Invalid("values of a condition were given, and the model has no such columns")
        : values.Length == ConditionColumns.Count
            ? Condition.Apply(new TableDataset("the condition", ConditionColumns, [values])).Values
            : throw Invalid(
                $"{values.Length} values of a condition were given, expected {string.Join(", ", ConditionColumns)}");

    /// <inheritdoc/>
    public override void RequireFits(IModelOptions options)
    {
        base.RequireFits(options);
        if (options.Bins is not null || Scaling.Dims != options.Dims)
        {
            throw Invalid($"the scaling is of {Scaling.Dims} columns, the model of {options.Dims}");
        }

        int columns = options.Condition is { IsClass: false } vector ? vector.Length : 0;
        if ((Condition?.Dims ?? 0) != columns)
        {
            throw Invalid($"the scaling has {Condition?.Dims ?? 0} condition columns, the model {columns}");
        }
    }

    /// <summary>The schema in a JSON object; null where it has no columns.</summary>
    internal static TableSchema? Read(JsonElement json) => TableScaling.Read(json) is TableScaling scaling
        ? new TableSchema(
            json.TryGetProperty("name", out JsonElement name) ? name.GetString() ?? string.Empty : string.Empty,
            scaling,
            json.TryGetProperty("label", out JsonElement label) ? label.GetString() : null,
            json.TryGetProperty("split_seed", out JsonElement seed) ? seed.GetUInt64() : 0)
        {
            Condition = json.TryGetProperty("condition", out JsonElement condition)
                ? TableScaling.Read(condition) ?? throw new FormatException("the condition has no columns")
                : null,
        }
        : null;

    /// <inheritdoc/>
    protected override void WriteData(Utf8JsonWriter json)
    {
        json.WriteString("kind", "table");
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
}
