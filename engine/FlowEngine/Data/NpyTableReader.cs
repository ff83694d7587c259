namespace FlowEngine.Data;

/// <summary>Reads tables from .npy arrays of shape (n, d), of any element type and order, and from .npz.</summary>
internal static class NpyTableReader
{
    private static readonly string[] _rowKeys = ["X", "x", "X_train", "x_train", "data", "arr_0"];
    private static readonly string[] _validationKeys = ["X_val", "x_val", "X_valid", "x_valid"];
    private static readonly string[] _testKeys = ["X_test", "x_test"];

    /// <summary>True if a header is of a table rather than of images.</summary>
    public static bool IsTable(NpyHeader header) => header.Shape.Length == 2;

    /// <summary>True if an archive holds a table under a usual name, or as its only array of two axes.</summary>
    public static bool IsTable(string path) =>
        NpzArchive.Open(path, archive => FindRows(archive) is not null);

    /// <summary>Reads a .npy file.</summary>
    public static TableDataset Read(string path, string name) =>
        DataFile.Read(path, reader => ReadRows(reader, NpyHeader.Read(reader), name));

    /// <summary>Reads a .npz: X, x, data or arr_0 with labels y, or parts named as x_train, x_val, x_test.</summary>
    public static (TableDataset Train, TableDataset? Validation, TableDataset? Test) ReadArchive(
        string path, string name) => NpzArchive.Open(path, archive =>
        {
            string key = FindRows(archive) ?? throw DataFile.BadFormat(
                path, $"holds [{archive.Describe()}], expected a table of two axes, best named 'X' or 'x_train'");
            return (
                ReadPart(archive, path, key, name, ["y", "labels", "y_train"])!,
                ReadPart(archive, path, _validationKeys.FirstOrDefault(archive.Has), name, ["y_val", "y_valid"]),
                ReadPart(archive, path, _testKeys.FirstOrDefault(archive.Has), name, ["y_test"]));
        });

    private static string? FindRows(NpzArchive archive)
    {
        if (_rowKeys.FirstOrDefault(key => archive.Has(key) && HasTwoAxes(archive, key)) is string usual)
        {
            return usual;
        }

        string[] others = [.. archive.Keys.Where(
            key => !_validationKeys.Contains(key) && !_testKeys.Contains(key) && HasTwoAxes(archive, key))];
        return others.Length == 1 ? others[0] : null;
    }

    private static bool HasTwoAxes(NpzArchive archive, string key) => archive.ReadHeader(key).Shape.Length == 2;

    private static TableDataset? ReadPart(
        NpzArchive archive, string path, string? key, string name, string[] labelKeys)
    {
        if (key is null)
        {
            return null;
        }

        TableDataset table = archive.Read(key, (reader, header) => ReadRows(reader, header, name));
        int[]? labels = NpzReader.ReadLabels(archive, path, labelKeys, table.Count);
        return labels is null ? table : table.WithLabels(labels);
    }

    private static TableDataset ReadRows(DataReader reader, NpyHeader header, string name)
    {
        if (!IsTable(header) || header.Shape[0] is < 1 or > int.MaxValue || header.Shape[1] is < 1 or > 1 << 16)
        {
            throw DataFile.BadFormat(
                reader.Name, $"has shape {header.ShapeText}, expected (rows, columns), at least one of each");
        }

        reader.Expect((UInt128)header.LengthInBytes, $"elements of shape {header.ShapeText}");
        int count = (int)header.Shape[0];
        int columns = (int)header.Shape[1];
        (int outer, int inner) = header.IsFortranOrder ? (columns, count) : (count, columns);
        byte[] elements = new byte[(long)inner * header.ItemSize];
        double[] numbers = new double[inner];
        List<double[]> lines = [];
        for (int line = 0; line < outer; line++)
        {
            reader.ReadExactly(elements);
            NpyElements.ToNumbers(header, elements, numbers);
            int bad = Array.FindIndex(numbers, value => !double.IsFinite(value));
            if (bad >= 0)
            {
                (int row, int column) = header.IsFortranOrder ? (bad, line) : (line, bad);
                throw DataFile.BadFormat(
                    reader.Name,
                    FormattableString.Invariant($"row {row}, column {column} holds {numbers[bad]}, ")
                    + "expected a finite number");
            }

            lines.Add([.. numbers]);
        }

        reader.ExpectEnd();
        double[][] rows = header.IsFortranOrder ? Transposed(lines, count) : [.. lines];
        return new TableDataset(name, [.. Enumerable.Range(0, columns).Select(TableDataset.GeneratedName)], rows);
    }

    private static double[][] Transposed(List<double[]> columns, int count)
    {
        double[][] rows = new double[count][];
        for (int i = 0; i < count; i++)
        {
            rows[i] = new double[columns.Count];
            for (int j = 0; j < columns.Count; j++)
            {
                rows[i][j] = columns[j][i];
            }
        }

        return rows;
    }
}
