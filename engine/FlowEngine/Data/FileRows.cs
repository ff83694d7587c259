using System.Buffers;

using Microsoft.Win32.SafeHandles;

namespace FlowEngine.Data;

/// <summary>Rows that stay in their file, an array of numbers in the order of its rows.</summary>
internal sealed class FileRows : RowStore
{
    private readonly SafeFileHandle _file;
    private readonly string _path;
    private readonly long _offset;
    private readonly NpyHeader _header;

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file, not packed, whose length is checked.</param>
    /// <param name="offset">Where the first row begins.</param>
    /// <param name="header">The type of the elements, and the shape (rows, columns).</param>
    /// <exception cref="FlowException">The file cannot be opened.</exception>
    public FileRows(string path, long offset, NpyHeader header)
    {
        (_path, _offset, _header) = (path, offset, header);
        _file = DataFile.Guard(path, () => File.OpenHandle(path));
    }

    /// <inheritdoc/>
    public override int Count => (int)_header.Shape[0];

    /// <inheritdoc/>
    public override int Columns => (int)_header.Shape[1];

    /// <inheritdoc/>
    public override void Read(int index, Span<double> row)
    {
        int length = Columns * _header.ItemSize;
        byte[] rented = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            Span<byte> stored = rented.AsSpan(0, length);
            DataFile.ReadAt(_file, _path, _offset + ((long)index * length), stored);
            NpyElements.ToNumbers(_header, stored, row);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        for (int j = 0; j < row.Length; j++)
        {
            if (!double.IsFinite(row[j]))
            {
                throw NpyTableReader.NotFinite(_path, index, j, row[j]);
            }
        }
    }
}
