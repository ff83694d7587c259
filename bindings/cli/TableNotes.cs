using FlowEngine.Data;

namespace FlowEngine.Cli;

/// <summary>Tells of rows that a model of a table cannot judge whole.</summary>
internal static class TableNotes
{
    /// <summary>Writes a line for each column that the model does not see and that differs from the training rows.</summary>
    /// <param name="scaling">The model's scaling.</param>
    /// <param name="data">The rows.</param>
    /// <param name="error">Where the lines go.</param>
    public static void WriteDepartures(TableScaling scaling, TableDataset data, TextWriter error)
    {
        if (data.Columns.Count != scaling.Columns.Count)
        {
            // Scaling the rows will refuse them.
            return;
        }

        foreach ((int column, int rows) in scaling.Departures(data))
        {
            error.WriteLine(
                $"flow: note: {rows} rows differ in column {column} ({scaling.Columns[column].Name}) from all training "
                + "rows, in which it had no density; log densities leave that column out");
        }
    }
}
