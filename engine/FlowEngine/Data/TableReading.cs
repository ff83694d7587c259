namespace FlowEngine.Data;

/// <summary>What a reader cannot know of a table.</summary>
/// <param name="Label">The label column, by name or else by index from 0; null for none, or that of the model.</param>
/// <param name="HasHeader">Whether the first line of a CSV file has the names of the columns; null to find out.</param>
/// <param name="Columnar">What opens Parquet and Arrow files; null where nothing does.</param>
internal sealed record TableReading(string? Label = null, bool? HasHeader = null, IColumnarFormats? Columnar = null)
{
    /// <summary>Refuses options of tables where the samples are images.</summary>
    /// <exception cref="FlowException">There is one.</exception>
    public void RequireNone()
    {
        if (Label is not null || HasHeader is not null)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument, $"{(Label is null ? "--header" : "--label")} is for tables, expected none for images");
        }
    }
}
