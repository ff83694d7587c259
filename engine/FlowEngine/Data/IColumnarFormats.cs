namespace FlowEngine.Data;

/// <summary>Opens tables that are stored by columns, which the engine does not read itself.</summary>
internal interface IColumnarFormats
{
    /// <summary>Opens a file.</summary>
    /// <param name="file">The file, which can be sought in; the rows take it over.</param>
    /// <param name="path">Its path, for messages.</param>
    /// <param name="reading">The label column.</param>
    /// <param name="schema">What the model that is to take the rows knows of them; null for none.</param>
    /// <exception cref="FlowException">It is of no such format, or is damaged.</exception>
    RowReader Open(Stream file, string path, TableReading reading, TableSchema? schema);
}
