using FlowEngine.Data;
using FlowEngine.Models;

namespace FlowEngine.Cli;

/// <summary>Rows of a table in three parts.</summary>
internal sealed class TableSource(TableParts parts) : DataSource
{
    private const int MostShown = 8;

    /// <summary>The parts, before scaling.</summary>
    public TableParts Parts => parts;

    /// <inheritdoc/>
    public override bool HasTraining => parts.Train.Count > 0;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Notes => parts.Notes;

    /// <inheritdoc/>
    public override SampleUnit Unit => SampleUnit.Row;

    /// <inheritdoc/>
    protected override DataPart HeldOut => DataPart.Validation;

    /// <summary>A part as the source holds it.</summary>
    public static TableDataset RowsOf(TableParts parts, DataPart part) => part switch
    {
        DataPart.All => parts.All,
        DataPart.Test => parts.Test,
        DataPart.Train => parts.Train,
        _ => parts.Validation,
    };

    /// <inheritdoc/>
    protected override IDataset Take(DataPart part, ModelConfig model, int limit, TextWriter? notes)
    {
        TableDataset rows = RowsOf(parts, part).Take(limit);
        TableSchema schema = model.Table;
        if (notes is not null)
        {
            WriteNotes(schema, rows, notes);
        }

        return schema.Open(rows);
    }

    /// <summary>
    /// Writes a line about columns that are not the model's, about names that are missing, and about rows that differ from the
    /// training rows in columns that the model does not see.
    /// </summary>
    public static void WriteNotes(TableSchema schema, TableDataset data, TextWriter notes)
    {
        TableDataset rows = schema.Select(data).Rows;
        string[] unknown = [.. data.UnreadColumns, .. data.Columns.Except([.. schema.Columns, .. schema.ConditionColumns])];
        if (schema.Columns.Except(data.Columns).Any())
        {
            Note.Write(
                notes, $"{data.Name} or the model has no names of columns: they are taken in their order");
        }
        else if (unknown.Length > 0)
        {
            Note.Write(
                notes,
                $"{data.Name} has {unknown.Length} columns that the model does not know, and that are left out: "
                + Shown(unknown));
        }

        string[] odd = [.. schema.Scaling.Departures(rows).Select(departure => $"column {departure.Column} ({schema.Columns[departure.Column]})")];
        if (odd.Length > 0)
        {
            int[] departing = [.. schema.Scaling.DepartingRows(rows)];
            Note.Write(
                notes,
                $"{departing.Length} of {rows.Count} rows (counted from 0: {Shown([.. departing.Select(row => $"{row}")])}) differ from all "
                + $"training rows in {(odd.Length > 1 ? $"{odd.Length} columns: " : string.Empty)}{Shown(odd)}, which had no density there; "
                + "log densities leave that out");
        }
    }

    private static string Shown(string[] names) =>
        string.Join(", ", names.Take(MostShown)) + (names.Length > MostShown ? ", ..." : string.Empty);
}
