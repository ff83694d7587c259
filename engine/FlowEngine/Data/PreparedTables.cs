using System.Security;
using System.Text.Json;

namespace FlowEngine.Data;

/// <summary>
/// Prepared tables: the rows of a CSV, Parquet or Arrow file as .npy in a folder, from which they are read by index.
/// </summary>
/// <remarks>
/// Of each part that the source has <c>train.npy</c>, float64 of (N, columns), so that no value is rounded, and where there are labels
/// <c>train_labels.npy</c>, int32 of (N); the same of <c>val</c> and <c>test</c>. The file <c>table.json</c> has the name of the
/// table, its columns, the label column and the classes of each part. So a run on a prepared table has the bits of one on its source.
/// </remarks>
internal static class PreparedTables
{
    private const string DescriptionFile = "table.json";
    private const string Format = "flowengine.table";
    private const int Version = 1;

    /// <summary>True for the folder of a prepared table.</summary>
    public static bool IsPrepared(string folder) => File.Exists(Path.Combine(folder, DescriptionFile));

    /// <summary>Copies a table row by row, all or nothing: the folder gets its name when it is whole.</summary>
    /// <param name="folder">The folder, which is not there yet.</param>
    /// <param name="source">The table, as <see cref="TableLoader"/> takes it.</param>
    /// <param name="reading">How it is read.</param>
    /// <returns>Its rows and columns, and what was taken for granted.</returns>
    /// <exception cref="FlowException">The source cannot be read, or the folder not written.</exception>
    public static (long Rows, int Columns, IReadOnlyList<string> Notes) Write(string folder, string source, TableReading reading)
    {
        PreparedImages.RequireFree(folder);
        string target = Path.GetFullPath(folder).TrimEnd(Path.DirectorySeparatorChar);
        string temporary = $"{target}.{Path.GetRandomFileName()}.tmp";
        try
        {
            Directory.CreateDirectory(temporary);
            List<PreparedRows> parts = [];
            foreach ((string part, string path) in TableLoader.PartFiles(source))
            {
                PreparedRows written = TableLoader.OpenRows(path, reading, null, rows => PreparedRows.Write(temporary, part, rows));
                parts.Add(parts.Count == 0 || written.Columns.SequenceEqual(parts[0].Columns) ? written : throw DataFile.BadFormat(
                    path, $"has columns {string.Join(", ", written.Columns.Take(12))}, expected those of the first part, in their order"));
            }

            AtomicFile.Write(Path.Combine(temporary, DescriptionFile), stream => WriteDescription(stream, NameOf(source), parts));
            Directory.Move(temporary, target);
            return (parts.Sum(part => (long)part.Count), parts[0].Columns.Length, [.. parts.SelectMany(part => part.Notes).Distinct()]);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or SecurityException)
        {
            throw DataFile.Error(FlowErrorKind.Io, folder, $"cannot be written: {exception.Message}", exception);
        }
        finally
        {
            if (Directory.Exists(temporary))
            {
                Directory.Delete(temporary, recursive: true);
            }
        }
    }

    /// <summary>Opens a part of a prepared table; null where it has none.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="part">train, val or test.</param>
    /// <param name="label">The label column that is wanted; null for that of the table.</param>
    /// <exception cref="FlowException">A file is damaged, or the labels are of another column.</exception>
    public static TableDataset? Read(string folder, string part, string? label)
    {
        string path = Path.Combine(folder, DescriptionFile);
        byte[] text = DataFile.ReadAllBytes(path);
        try
        {
            using JsonDocument json = JsonDocument.Parse(text);
            JsonElement root = json.RootElement;
            if (root.GetProperty("format").GetString() != Format || root.GetProperty("version").GetInt32() != Version)
            {
                throw new FormatException($"it is not of format {Format}, version {Version}");
            }

            string? column = root.TryGetProperty("label", out JsonElement stated) ? stated.GetString() : null;
            if (label is not null && label != column)
            {
                throw DataFile.Error(
                    FlowErrorKind.InvalidArgument,
                    folder,
                    $"was prepared {(column is null ? "without labels" : $"with the labels in {column}")}, expected no others: "
                    + $"flow prepare --label {label} makes a set that has them");
            }

            if (!root.GetProperty("parts").TryGetProperty(part, out JsonElement described))
            {
                return null;
            }

            string[] names = Texts(root.GetProperty("columns"));
            string[]? classes = described.TryGetProperty("classes", out JsonElement some) ? Texts(some) : null;
            TableDataset rows = NpyTableReader.Read(Path.Combine(folder, $"{part}.npy"), root.GetProperty("name").GetString()!);
            int count = described.GetProperty("rows").GetInt32();
            int[]? labels = column is null ? null : DataFile.Read(
                Path.Combine(folder, $"{part}_labels.npy"),
                reader => NpyReader.ReadLabels(reader, NpyHeader.Read(reader))).Numbers;
            bool fits = rows.Count == count && rows.Columns.Count == names.Length && (labels?.Length ?? count) == count
                && (classes is null || labels?.All(number => number < classes.Length) == true);
            return fits
                ? rows.Described(names, labels, classes, column)
                : throw new FormatException($"the arrays of {part} are of other sizes");
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or FormatException
            or InvalidOperationException)
        {
            throw DataFile.BadFormat(
                path, $"does not describe a prepared table ({exception.Message}), expected what flow prepare wrote", exception);
        }
    }

    private static string NameOf(string source) => Path.GetFileName(Path.GetFullPath(source).TrimEnd(Path.DirectorySeparatorChar));

    private static string[] Texts(JsonElement array) =>
        [.. array.EnumerateArray().Select(one => one.GetString() ?? throw new FormatException("a name is missing"))];

    private static void WriteDescription(Stream stream, string name, List<PreparedRows> parts)
    {
        using Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteString("format", Format);
        json.WriteNumber("version", Version);
        json.WriteString("name", name);
        WriteTexts(json, "columns", parts[0].Columns);
        if (parts[0].Label is string label)
        {
            json.WriteString("label", label);
        }

        json.WriteStartObject("parts");
        foreach (PreparedRows part in parts)
        {
            json.WriteStartObject(part.Part);
            json.WriteNumber("rows", part.Count);
            if (part.Classes is string[] classes)
            {
                WriteTexts(json, "classes", classes);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, string[] texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }
}
