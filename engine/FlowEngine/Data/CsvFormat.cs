namespace FlowEngine.Data;

/// <summary>What a reader cannot know of a CSV file.</summary>
/// <param name="Label">The label column, by name or else by index from 0; null for none, or that of the model.</param>
/// <param name="HasHeader">Whether the first line has the names of the columns; null to find out.</param>
internal sealed record CsvFormat(string? Label = null, bool? HasHeader = null);
