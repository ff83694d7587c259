namespace FlowEngine.Data;

/// <summary>Loads tables in the formats their users have them in.</summary>
public static class TableLoader
{
    private const int Part = 10;
    private const string Formats =
        ".csv, .tsv, .npy or .npz of two axes, .parquet or .arrow in the command, or a folder with train, val and test of them";

    private static readonly string[] _textEndings = [".csv", ".tsv", ".csv.gz", ".tsv.gz"];
    private static readonly string[] _columnarEndings = [".parquet", ".arrow", ".arrows", ".feather", ".ipc"];

    /// <summary>The names of the built-in tables: shapes of two columns.</summary>
    public static IReadOnlyList<string> BuiltIn => TableShapes.Names;

    /// <summary>True if a source is a table rather than images.</summary>
    /// <param name="source">As <see cref="Load(string, string?, ulong)"/> takes it.</param>
    /// <exception cref="FlowException">The path is missing or unreadable.</exception>
    public static bool IsTable(string source)
    {
        if (string.IsNullOrWhiteSpace(source))
        {
            return false;
        }

        if (BuiltIn.Contains(source) || IsText(source) || IsColumnar(source))
        {
            return true;
        }

        if (Directory.Exists(source))
        {
            return DataFile.Guard(source, () => PartNames.All.Select(part => FindPart(source, part)).OfType<string>().FirstOrDefault())
                is string part && IsTable(part);
        }

        if (!File.Exists(source))
        {
            return false;
        }

        byte[] magic = DataFile.ReadMagic(source, 8);
        return magic.AsSpan().StartsWith(NpyHeader.Magic)
            ? DataFile.Read(source, reader => NpyTableReader.IsTable(NpyHeader.Read(reader)))
            : magic is [(byte)'P', (byte)'K', 3, 4, ..] && NpyTableReader.IsTable(source);
    }

    /// <summary>Loads the parts of a table.</summary>
    /// <param name="source">
    /// One of <see cref="BuiltIn"/>, or a path to
    /// <list type="bullet">
    /// <item>a CSV file (.csv or .tsv, gzipped or not): comma, semicolon or tab, with or without a header;</item>
    /// <item>a .npy of shape (n, d), or a .npz with X and labels y, or with x_train, x_val, x_test;</item>
    /// <item>a folder with train, val (or valid, validation) and test as such files, in any case, or what flow prepare wrote.</item>
    /// </list>
    /// </param>
    /// <param name="label">The label column of a CSV file, by name or by index from 0; null for none.</param>
    /// <param name="seed">Splits what is not split, and draws the built-in shapes.</param>
    /// <returns>
    /// A part that the source lacks is split off the training rows: a tenth of them each, test first, chosen by the
    /// seed, in the order of the source. A single file whose name begins with <c>test_</c> or is that of a part that is not
    /// trained on, is wholly test.
    /// </returns>
    /// <exception cref="FlowException">
    /// Io: the path is missing or unreadable. BadFormat: the content is damaged or not of finite numbers, by line or row
    /// and column. InvalidArgument: there is no such label column.
    /// </exception>
    public static TableParts Load(string source, string? label, ulong seed) =>
        Load(source, new TableReading(label), seed, null);

    /// <summary>The same of a CSV file whose header is not to be guessed.</summary>
    /// <param name="source">As above.</param>
    /// <param name="label">As above.</param>
    /// <param name="seed">As above.</param>
    /// <param name="hasHeader">Whether the first line has the names of the columns; null to find out.</param>
    /// <exception cref="FlowException">As above.</exception>
    public static TableParts Load(string source, string? label, ulong seed, bool? hasHeader) =>
        Load(source, new TableReading(label, hasHeader), seed, null);

    /// <summary>Loads rows for a model that is there already, split as its own were.</summary>
    /// <param name="source">As above. Columns that the model does not know are not read; its label may be missing.</param>
    /// <param name="label">The label column; null for that of the model.</param>
    /// <param name="schema">What the model knows of its rows.</param>
    /// <exception cref="FlowException">As above.</exception>
    public static TableParts Load(string source, string? label, TableSchema schema) =>
        Load(source, new TableReading(label), schema.SplitSeed, schema);

    /// <summary>The same of a CSV file whose header is not to be guessed.</summary>
    /// <param name="source">As above.</param>
    /// <param name="label">As above.</param>
    /// <param name="schema">What the model knows of its rows.</param>
    /// <param name="hasHeader">Whether the first line has the names of the columns; null to find out.</param>
    /// <exception cref="FlowException">As above.</exception>
    public static TableParts Load(string source, string? label, TableSchema schema, bool? hasHeader) =>
        Load(source, new TableReading(label, hasHeader), schema.SplitSeed, schema);

    internal static TableParts Load(string source, TableReading reading, ulong seed, TableSchema? schema)
    {
        if (BuiltIn.Contains(source))
        {
            return reading.Label is null
                ? TableShapes.Draw(source, seed)
                : throw DataFile.Error(FlowErrorKind.InvalidArgument, source, "has no labels, expected none to be named");
        }

        if (source == "digits")
        {
            throw DataFile.Error(FlowErrorKind.InvalidArgument, source, $"are images, expected a table: {Formats}");
        }

        return DataFile.Guard(source, () =>
        {
            string name = Path.GetFileName(Path.GetFullPath(source).TrimEnd(Path.DirectorySeparatorChar));
            (TableDataset? train, TableDataset? validation, TableDataset? test) = Directory.Exists(source)
                ? LoadFolder(source, name, reading, schema)
                : LoadFile(source, name, reading, schema);
            return Complete(source, train, validation, test, seed);
        });
    }

    private static (TableDataset? Train, TableDataset? Validation, TableDataset? Test) LoadFile(
        string path, string name, TableReading reading, TableSchema? schema)
    {
        bool isArray = !IsText(path) && !IsColumnar(path);
        if (isArray && reading.Label is not null)
        {
            throw DataFile.Error(
                FlowErrorKind.InvalidArgument, path, "a label column is named, expected only for files with names of columns");
        }

        if (!IsText(path) && reading.HasHeader == true)
        {
            throw DataFile.Error(FlowErrorKind.InvalidArgument, path, "a header is named (--header), expected only for CSV");
        }

        byte[] magic = isArray ? DataFile.ReadMagic(path, 6) : [];
        if (magic is [(byte)'P', (byte)'K', 3, 4, ..])
        {
            return NpyTableReader.ReadArchive(path, name);
        }

        if (isArray && !magic.AsSpan().SequenceEqual(NpyHeader.Magic))
        {
            throw DataFile.BadFormat(path, $"is no table, expected {Formats}");
        }

        TableDataset all = Read(path, name, reading, schema);
        return PartNames.IsHeldOut(name)
            ? (null, null, all)
            : (all, null, null);
    }

    private static (TableDataset? Train, TableDataset? Validation, TableDataset? Test) LoadFolder(
        string folder, string name, TableReading reading, TableSchema? schema)
    {
        return (ReadPart(PartNames.Train), ReadPart(PartNames.Validation), ReadPart(PartNames.Test));

        TableDataset? ReadPart(IReadOnlyList<string> part) => PreparedTables.IsPrepared(folder)
            ? PreparedTables.Read(folder, part[0], reading.Label)
            : FindPart(folder, part) is string path ? Read(path, name, reading, schema) : null;
    }

    /// <summary>Reads the rows of a file one after another.</summary>
    /// <param name="path">A CSV, Parquet or Arrow file.</param>
    /// <param name="reading">The label column, and what opens the file.</param>
    /// <param name="schema">What the model that is to take the rows knows of them; null for none.</param>
    /// <param name="use">What takes them.</param>
    /// <exception cref="FlowException">As above.</exception>
    internal static T OpenRows<T>(string path, TableReading reading, TableSchema? schema, Func<RowReader, T> use)
    {
        if (IsText(path))
        {
            return DataFile.ReadText(path, text =>
            {
                using CsvReader rows = CsvReader.Open(text, path, reading, schema);
                return use(rows);
            });
        }

        return DataFile.Open(path, file =>
        {
            IColumnarFormats formats = reading.Columnar ?? throw DataFile.Error(
                FlowErrorKind.Unsupported, path, "is stored by columns, which only the flow command reads, expected .csv or .npy");
            using RowReader rows = formats.Open(file, path, reading with { HasHeader = true }, schema);
            return use(rows);
        });
    }

    /// <summary>The files of a table that are read row by row, with the part that each is.</summary>
    /// <param name="source">As above.</param>
    /// <exception cref="FlowException">A file of it is of another format.</exception>
    internal static IReadOnlyList<(string Part, string Path)> PartFiles(string source)
    {
        List<(string Part, string Path)> files = [];
        if (!Directory.Exists(source))
        {
            files.Add((PartNames.IsHeldOut(Path.GetFileName(source)) ? PartNames.Test[0] : PartNames.Train[0], source));
        }

        foreach (IReadOnlyList<string> part in files.Count > 0 ? [] : PartNames.All)
        {
            if (FindPart(source, part) is string path)
            {
                files.Add((part[0], path));
            }
        }

        string? foreign = files.Select(file => file.Path).FirstOrDefault(path => !IsText(path) && !IsColumnar(path));
        return foreign is null ? files : throw DataFile.Error(
            FlowErrorKind.InvalidArgument,
            foreign,
            "is no text and not stored by columns, expected .csv, .tsv, .parquet or .arrow (a .npy is read by index as it is)");
    }

    private static TableDataset Read(string path, string name, TableReading reading, TableSchema? schema) =>
        IsText(path) || IsColumnar(path)
            ? OpenRows(path, reading, schema, rows => rows.ReadAll(name))
            : NpyTableReader.Read(path, name);

    /// <summary>The file of a part: one of its names, in any case, with the ending of a table.</summary>
    private static string? FindPart(string folder, IReadOnlyList<string> part)
    {
        string[] found = [.. Directory.EnumerateFiles(folder).Where(IsPart).Order(StringComparer.Ordinal)];
        return found.Length <= 1 ? found.FirstOrDefault() : throw DataFile.BadFormat(
            folder, $"holds {Path.GetFileName(found[0])} and {Path.GetFileName(found[1])}, expected one file of a part");

        bool IsPart(string path) => PartNames.Has(part, Path.GetFileName(path).Split('.')[0])
            && (IsText(path) || IsColumnar(path) || path.EndsWith(".npy", StringComparison.OrdinalIgnoreCase))
            && Path.GetFileName(path).Split('.').Length <= 3;
    }

    private static bool IsText(string path) => EndsIn(path, _textEndings);

    private static bool IsColumnar(string path) => EndsIn(path, _columnarEndings);

    private static bool EndsIn(string path, string[] endings) =>
        endings.Any(ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    private static TableParts Complete(
        string source, TableDataset? train, TableDataset? validation, TableDataset? test, ulong seed)
    {
        TableDataset any = train ?? validation ?? test ?? throw DataFile.BadFormat(source, $"is no table, expected {Formats}");
        foreach (TableDataset? part in new[] { validation, test })
        {
            if (part is not null && part.Columns.Count != any.Columns.Count)
            {
                throw DataFile.BadFormat(
                    source, $"has parts of {any.Columns.Count} and {part.Columns.Count} columns, expected one number");
            }
        }

        string[]? classes = ClassLabels.CommonNames(
            [.. new[] { train, validation, test }.Select(part => (part?.Labels, part?.ClassNames))]);
        (train, validation, test) = (Like(any, train, classes), Like(any, validation, classes), Like(any, test, classes));
        string[] notes = [.. new[] { train, validation, test }.SelectMany(part => part?.Notes ?? []).Distinct()];
        train ??= Like(any, any, classes)!.Take(0);
        TableDataset all = train;
        all = validation is null ? all : all.Concat(validation);
        all = test is null ? all : all.Concat(test);
        if (test is null)
        {
            (train, test) = SplitOff(train, seed);
        }

        if (validation is null)
        {
            (train, validation) = SplitOff(train, seed + 1);
        }

        return new TableParts(train, validation, test) { All = all, Notes = notes };
    }

    /// <summary>A part with the columns in the order of another, and with labels by common names of classes.</summary>
    private static TableDataset? Like(TableDataset other, TableDataset? part, string[]? classes)
    {
        bool isOrdered = part is null || part.Columns.SequenceEqual(other.Columns)
            || part.Columns.All(TableDataset.IsGeneratedName) || other.Columns.All(TableDataset.IsGeneratedName);
        part = isOrdered ? part : part!.SelectColumns(part.Find(other.Columns));
        return part?.Labels is null || classes is null
            ? part
            : part.WithLabels(ClassLabels.Renumber(part.Labels, part.ClassNames, classes), classes);
    }

    /// <summary>A tenth of the rows, rounded, leaves; all keep their order.</summary>
    private static (TableDataset Kept, TableDataset Part) SplitOff(TableDataset all, ulong seed)
    {
        bool[] isLeaving = new bool[all.Count];
        foreach (int index in DatasetSplit.Shuffle(all.Count, seed).AsSpan(0, (all.Count + Part / 2) / Part))
        {
            isLeaving[index] = true;
        }

        int[] order = [.. Enumerable.Range(0, all.Count)];
        return (
            all.Select(Array.FindAll(order, index => !isLeaving[index])),
            all.Select(Array.FindAll(order, index => isLeaving[index])));
    }
}
