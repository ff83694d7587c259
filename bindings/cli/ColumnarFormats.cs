using FlowEngine.Data;

namespace FlowEngine.Cli;

/// <summary>Opens Parquet files by Parquet.Net, and Arrow files and streams by Apache.Arrow, told apart by their first bytes.</summary>
internal sealed class ColumnarFormats : IColumnarFormats
{
    /// <inheritdoc/>
    public RowReader Open(Stream file, string path, TableReading reading, TableSchema? schema)
    {
        byte[] magic = new byte[8];
        int length = file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false);
        file.Position = 0;
        return magic.AsSpan(0, length) switch
        {
            [(byte)'P', (byte)'A', (byte)'R', (byte)'1', ..] => ParquetRows.Open(file, path, reading, schema),
            [(byte)'A', (byte)'R', (byte)'R', (byte)'O', (byte)'W', (byte)'1', ..] =>
                ArrowRows.Open(file, isStream: false, path, reading, schema),
            [0xff, 0xff, 0xff, 0xff, ..] => ArrowRows.Open(file, isStream: true, path, reading, schema),
            [(byte)'F', (byte)'E', (byte)'A', (byte)'1', ..] => throw Bad("is Feather of version 1, expected version 2, which is Arrow"),
            [(byte)'P', (byte)'A', (byte)'R', (byte)'E', ..] => throw Bad("is encrypted, expected a Parquet file that is not"),
            _ => throw Bad("is no Parquet or Arrow file by its first bytes, expected one"),
        };

        FlowException Bad(string problem) => new(FlowErrorKind.BadFormat, $"{path}: {problem}");
    }
}
