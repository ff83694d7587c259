namespace FlowEngine.Data;

/// <summary>Reads tables from .npy arrays of shape (n, d), of any element type and order, and from .npz.</summary>
internal static class NpyTableReader
{
    /// <summary>True if a header is of a table rather than of images.</summary>
    public static bool IsTable(NpyHeader header) => header.Shape.Length == 2;

    /// <summary>True if the data of an archive are a table.</summary>
    public static bool IsTable(string path) =>
        NpzArchive.Open(path, archive => NpzContent.Find(archive) is { IsTable: true });

    /// <summary>Reads a .npy file.</summary>
    public static TableDataset Read(string path, string name) =>
        DataFile.Read(path, reader => ReadRows(reader, NpyHeader.Read(reader), name, path));

    /// <summary>Reads a .npz: rows with labels, or parts named as x_train, x_val, x_test.</summary>
    public static (TableDataset Train, TableDataset? Validation, TableDataset? Test) ReadArchive(
        string path, string name) => NpzArchive.Open(path, archive =>
        {
            NpzContent content = NpzContent.Find(archive) is { IsTable: true } found ? found : throw DataFile.BadFormat(
                path, $"holds {archive.Describe()}, expected a table of two axes, best named 'X' or 'x_train'");
            return (
                ReadPart(archive, content.Key, PartNames.Train, name)!,
                ReadPart(archive, NpzContent.FindPart(archive, PartNames.Validation), PartNames.Validation, name),
                ReadPart(archive, NpzContent.FindPart(archive, PartNames.Test), PartNames.Test, name));
        });

    private static TableDataset? ReadPart(NpzArchive archive, string? key, IReadOnlyList<string> part, string name)
    {
        if (key is null)
        {
            return null;
        }

        TableDataset table = archive.Read(key, (reader, header) => ReadRows(reader, header, name));
        List<string> notes = [];
        ClassLabels? labels = NpzContent.ReadLabels(archive, part, table.Count, notes);
        return table.WithLabels(labels?.Numbers, labels?.Names, notes);
    }

    /// <summary>The error of a value that is no number.</summary>
    internal static FlowException NotFinite(string name, int row, int column, double value) => DataFile.BadFormat(
        name,
        FormattableString.Invariant($"row {row}, column {column} holds {value}, ")
        + "expected a finite number: fill it in, or leave out the row");

    /// <summary>Reads the elements after a header as rows.</summary>
    /// <param name="reader">The elements, up to its end.</param>
    /// <param name="header">Their type and axes.</param>
    /// <param name="name">The name of the table.</param>
    /// <param name="path">The file they are in, where a large one keeps them; null where none has them as they are.</param>
    private static TableDataset ReadRows(DataReader reader, NpyHeader header, string name, string? path = null)
    {
        header.RequireNumbers(reader.Name);
        if (!IsTable(header) || header.Shape[0] is < 1 or > int.MaxValue || header.Shape[1] is < 1 or > 1 << 16)
        {
            throw DataFile.BadFormat(
                reader.Name, $"has shape {header.ShapeText}, expected (rows, columns), at least one of each");
        }

        reader.Expect((UInt128)header.LengthInBytes, $"elements of shape {header.ShapeText}");
        string[] names = [.. Enumerable.Range(0, (int)header.Shape[1]).Select(TableDataset.GeneratedName)];
        if (path is not null && !reader.IsPacked && !header.IsFortranOrder && header.LengthInBytes > ImageStore.LargestInMemory)
        {
            return new TableDataset(name, names, new FileRows(path, reader.Position, header), positions: null, labels: null);
        }

        int count = (int)header.Shape[0];
        int columns = (int)header.Shape[1];
        (int outer, int inner) = header.IsFortranOrder ? (columns, count) : (count, columns);
        reader.ExpectWorth(count, (long)columns * header.ItemSize, (long)columns * sizeof(double), "rows");
        byte[] elements = reader.ReadBytes((long)inner * header.ItemSize);
        double[] numbers = new double[inner];
        TableRows lines = new(inner, outer);
        for (int line = 0; line < outer; line++)
        {
            if (line > 0)
            {
                reader.ReadExactly(elements);
            }

            NpyElements.ToNumbers(header, elements, numbers);
            int bad = Array.FindIndex(numbers, value => !double.IsFinite(value));
            if (bad >= 0)
            {
                (int row, int column) = header.IsFortranOrder ? (bad, line) : (line, bad);
                throw NotFinite(reader.Name, row, column, numbers[bad]);
            }

            numbers.CopyTo(lines.Add());
        }

        reader.ExpectEnd();
        TableRows rows = header.IsFortranOrder ? Transposed(lines, count) : lines;
        return new TableDataset(name, names, rows);
    }

    private static TableRows Transposed(TableRows columns, int count)
    {
        TableRows rows = new(columns.Count, count);
        for (int i = 0; i < count; i++)
        {
            Span<double> row = rows.Add();
            for (int j = 0; j < row.Length; j++)
            {
                row[j] = columns[j][i];
            }
        }

        return rows;
    }
}
