using FlowEngine.Data;
using FlowEngine.Models;

namespace FlowEngine.Cli;

/// <summary>Rows of a table in three parts.</summary>
internal sealed class TableSource(TableParts parts) : DataSource
{
    /// <summary>The training part, before scaling.</summary>
    public TableDataset Train => parts.Train;

    /// <inheritdoc/>
    public override SampleUnit Unit => SampleUnit.Row;

    /// <inheritdoc/>
    protected override DataPart HeldOut => DataPart.Validation;

    /// <inheritdoc/>
    public override IDataset Part(DataPart part, ModelConfig model, int limit, TextWriter? notes)
    {
        TableDataset rows = part switch
        {
            DataPart.All => parts.All,
            DataPart.Test => parts.Test,
            DataPart.Train => parts.Train,
            _ => parts.Validation,
        };
        rows = rows.Take(limit);
        TableSettings table = model.Table!;
        if (notes is not null)
        {
            WriteDepartures(table.Scaling, table.Rows(rows), notes);
        }

        return table.Apply(rows);
    }

    /// <summary>Writes a line for each column that the model does not see and that differs from the training rows.</summary>
    private static void WriteDepartures(TableScaling scaling, TableDataset rows, TextWriter notes)
    {
        if (rows.Columns.Count != scaling.Columns.Count)
        {
            // Scaling the rows will refuse them.
            return;
        }

        foreach ((int column, int count) in scaling.Departures(rows))
        {
            notes.WriteLine(
                $"flow: note: {count} rows differ in column {column} ({scaling.Columns[column].Name}) from all training "
                + "rows, in which it had no density; log densities leave that column out");
        }
    }
}
