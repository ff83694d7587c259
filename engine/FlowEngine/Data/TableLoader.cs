namespace FlowEngine.Data;

/// <summary>Loads tables in the formats their users have them in.</summary>
public static class TableLoader
{
    private const int Part = 10;

    private static readonly string[] _textEndings = [".csv", ".tsv"];
    private static readonly string[] _validationStems = ["val", "valid", "validation"];

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

        if (BuiltIn.Contains(source) || IsText(source))
        {
            return true;
        }

        if (Directory.Exists(source))
        {
            return DataFile.Guard(source, () => FindPart(source, ["train"]) ?? FindPart(source, ["test"]))
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
    /// <item>a folder with train, val and test as such files.</item>
    /// </list>
    /// </param>
    /// <param name="label">The label column of a CSV file, by name or by index from 0; null for none.</param>
    /// <param name="seed">Splits what is not split, and draws the built-in shapes.</param>
    /// <returns>
    /// A part that the source lacks is split off the training rows: a tenth of them each, test first, chosen by the
    /// seed, in the order of the source. A single file whose name begins with <c>test_</c> or <c>test.</c> is wholly test.
    /// </returns>
    /// <exception cref="FlowException">
    /// Io: the path is missing or unreadable. BadFormat: the content is damaged or not of finite numbers, by line or row
    /// and column. InvalidArgument: there is no such label column.
    /// </exception>
    public static TableParts Load(string source, string? label, ulong seed) => Load(source, label, seed, null);

    /// <summary>Loads rows for a model that is there already, split as its own were.</summary>
    /// <param name="source">As above. Columns that the model does not know are not read; its label may be missing.</param>
    /// <param name="label">The label column; null for that of the model.</param>
    /// <param name="schema">What the model knows of its rows.</param>
    /// <exception cref="FlowException">As above.</exception>
    public static TableParts Load(string source, string? label, TableSchema schema) =>
        Load(source, label, schema.SplitSeed, schema);

    private static TableParts Load(string source, string? label, ulong seed, TableSchema? schema)
    {
        if (BuiltIn.Contains(source))
        {
            return TableShapes.Draw(source, seed);
        }

        return DataFile.Guard(source, () =>
        {
            string name = Path.GetFileName(Path.GetFullPath(source).TrimEnd(Path.DirectorySeparatorChar));
            (TableDataset? train, TableDataset? validation, TableDataset? test) = Directory.Exists(source)
                ? LoadFolder(source, name, label, schema)
                : LoadFile(source, name, label, schema);
            return Complete(source, train, validation, test, seed);
        });
    }

    private static (TableDataset? Train, TableDataset? Validation, TableDataset? Test) LoadFile(
        string path, string name, string? label, TableSchema? schema)
    {
        if (!IsText(path) && label is not null)
        {
            throw DataFile.Error(
                FlowErrorKind.InvalidArgument, path, "a label column is named, expected so for CSV alone");
        }

        if (!IsText(path) && DataFile.ReadMagic(path, 4) is [(byte)'P', (byte)'K', 3, 4])
        {
            return NpyTableReader.ReadArchive(path, name);
        }

        TableDataset all = IsText(path) ? CsvReader.Read(path, name, label, schema) : NpyTableReader.Read(path, name);
        return name.StartsWith("test_", StringComparison.Ordinal) || name.StartsWith("test.", StringComparison.Ordinal)
            ? (null, null, all)
            : (all, null, null);
    }

    private static (TableDataset? Train, TableDataset? Validation, TableDataset? Test) LoadFolder(
        string folder, string name, string? label, TableSchema? schema)
    {
        return (Read(["train"]), Read(_validationStems), Read(["test"]));

        TableDataset? Read(string[] stems) => FindPart(folder, stems) is string path
            ? IsText(path) ? CsvReader.Read(path, name, label, schema) : NpyTableReader.Read(path, name)
            : null;
    }

    private static string? FindPart(string folder, string[] stems) => stems
        .SelectMany(stem => _textEndings.SelectMany(ending => new[] { ending, $"{ending}.gz" }).Append(".npy")
            .Select(ending => Path.Combine(folder, stem + ending)))
        .FirstOrDefault(File.Exists);

    private static bool IsText(string path) => _textEndings.Any(ending =>
        path.EndsWith(ending, StringComparison.OrdinalIgnoreCase)
        || path.EndsWith(ending + ".gz", StringComparison.OrdinalIgnoreCase));

    private static TableParts Complete(
        string source, TableDataset? train, TableDataset? validation, TableDataset? test, ulong seed)
    {
        TableDataset any = train ?? validation ?? test!;
        foreach (TableDataset? part in new[] { validation, test })
        {
            if (part is not null && part.Columns.Count != any.Columns.Count)
            {
                throw DataFile.BadFormat(
                    source, $"has parts of {any.Columns.Count} and {part.Columns.Count} columns, expected one number");
            }
        }

        string[]? classes = ClassNames([train, validation, test]);
        (train, validation, test) = (Like(any, train, classes), Like(any, validation, classes), Like(any, test, classes));
        train ??= Like(any, any, classes)!.Take(0);
        if (test is null)
        {
            (train, test) = SplitOff(train, seed);
        }

        if (validation is null)
        {
            (train, validation) = SplitOff(train, seed + 1);
        }

        return new TableParts(train, validation, test);
    }

    /// <summary>The names of the classes of all parts, whose files numbered them on their own; null for numbers alone.</summary>
    private static string[]? ClassNames(TableDataset?[] parts) => parts.All(part => part?.ClassNames is null)
        ? null
        : [.. parts.Where(part => part?.Labels is not null)
            .SelectMany(part => part!.Labels!.Distinct().Select(label => DataClasses.NameOf(label, part.ClassNames)))
            .Distinct()
            .Order(StringComparer.Ordinal)];

    /// <summary>A part with the columns in the order of another, and with labels by common names of classes.</summary>
    private static TableDataset? Like(TableDataset other, TableDataset? part, string[]? classes)
    {
        bool isOrdered = part is null || part.Columns.SequenceEqual(other.Columns)
            || part.Columns.All(TableDataset.IsGeneratedName) || other.Columns.All(TableDataset.IsGeneratedName);
        part = isOrdered ? part : part!.SelectColumns(part.Find(other.Columns));
        return part?.Labels is null || classes is null ? part : part.WithLabels(
            Array.ConvertAll(part.Labels, label => Array.BinarySearch(
                classes, DataClasses.NameOf(label, part.ClassNames), StringComparer.Ordinal)),
            classes);
    }

    /// <summary>A tenth of the rows, rounded, leaves; all keep their order.</summary>
    private static (TableDataset Kept, TableDataset Part) SplitOff(TableDataset all, ulong seed)
    {
        HashSet<int> leaving = [.. DatasetSplit.Shuffle(all.Count, seed).Take((all.Count + Part / 2) / Part)];
        int[] order = [.. Enumerable.Range(0, all.Count)];
        return (
            all.Select(Array.FindAll(order, index => !leaving.Contains(index))),
            all.Select(Array.FindAll(order, leaving.Contains)));
    }
}
