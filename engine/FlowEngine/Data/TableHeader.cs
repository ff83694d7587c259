using System.Globalization;

using FlowEngine.Settings;

namespace FlowEngine.Data;

/// <summary>What the first record of a table says: the names of the columns, or a row.</summary>
/// <remarks>
/// Unless it is said, the record has names where a field outside the label column is no number and stands for no missing
/// one, unless another field is a fraction; where it counts its columns 0, 1, 2, ... as pandas names what has no names; or
/// where a model that is to take the rows knows all of its fields as names. A first column without a name beside named
/// ones is the index of the rows that pandas and R write, as is one that pandas names so in Parquet: it is not read.
/// </remarks>
/// <param name="IsThere">True if the record has names.</param>
/// <param name="Columns">The names of the columns, generated where the record has none.</param>
/// <param name="Label">The label column; -1 for none.</param>
/// <param name="Index">The column that is the index of the rows; -1 for none.</param>
/// <param name="Notes">What was taken for granted.</param>
internal sealed record TableHeader(bool IsThere, string[] Columns, int Label, int Index, IReadOnlyList<string> Notes)
{
    private const int MostShown = 12;
    private const string PandasIndex = "__index_level_0__";

    /// <summary>Reads a first record.</summary>
    /// <param name="first">Its fields.</param>
    /// <param name="label">The label column, by its name or else its index from 0; null for none.</param>
    /// <param name="isHeader">Whether it has names; null to find out.</param>
    /// <param name="known">The names of columns that the rows are to have; empty where that is not known.</param>
    public static TableHeader Of(List<string> first, string? label, bool? isHeader, IReadOnlyList<string> known)
    {
        string[] names = [.. first.Select(CsvWriter.Unguarded)];
        int byName = label is null ? -1 : Array.IndexOf(names, label);
        int byIndex = IndexOf(label, names.Length);
        bool isNamed = byName >= 0 && (isHeader ?? (!NumberText.TryParse<double>(label!, out _) || HasNames(names, byName, known)));
        bool isThere = isHeader ?? (isNamed || HasNames(names, byIndex, known));
        if (!isThere)
        {
            return new TableHeader(
                false, [.. Enumerable.Range(0, names.Length).Select(TableDataset.GeneratedName)], byIndex, -1, []);
        }

        List<string> notes = [];
        int labelColumn = isNamed ? byName : byIndex;
        bool isFirst = labelColumn != 0 && names[0] is "" or "Unnamed: 0" && names.Skip(1).Any(name => name.Length > 0);
        int index = isFirst ? 0 : Array.IndexOf(names, PandasIndex);
        index = index == labelColumn ? -1 : index;
        if (index >= 0)
        {
            notes.Add($"column {index} has no name: it is taken as the index of the rows and left out (name it to keep it)");
        }

        if (isHeader is null && Array.TrueForAll(names, name => name.Length == 0 || NumberText.TryParse<double>(name, out _)))
        {
            notes.Add(
                $"line 1 ({string.Join(", ", names.Take(MostShown))}{(names.Length > MostShown ? ", ..." : string.Empty)}) is "
                + "taken as the names of the columns (--header no makes it a row)");
        }

        string[] columns = [.. names.Select((name, i) => name.Length > 0 ? name : TableDataset.GeneratedName(i))];
        return new TableHeader(true, columns, labelColumn, index, notes);
    }

    private static int IndexOf(string? label, int columns)
    {
        string? text = label is not null && TableDataset.IsGeneratedName(label) ? label.Split(' ')[^1] : label;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index < columns
            ? index
            : -1;
    }

    private static bool HasNames(string[] names, int label, IReadOnlyList<string> known)
    {
        string[] others = [.. names.Where((_, i) => i != label)];
        string[] texts = Array.FindAll(others, name => !MissingValue.Is(name) && !NumberText.TryParse<double>(name, out _));
        return texts.Length > 0
            ? !Array.Exists(others, name => NumberText.TryParse(name, out double value) && value != Math.Floor(value))
            : Counts(names) || (known.Count > 0 && Array.TrueForAll(others, known.Contains));
    }

    /// <summary>True for 0, 1, 2, ..., if there are two or more, behind the empty name of an index or not.</summary>
    private static bool Counts(string[] names)
    {
        ReadOnlySpan<string> counted = names.AsSpan(names[0].Length == 0 ? 1 : 0);
        for (int i = 0; i < counted.Length; i++)
        {
            if (counted[i] != i.ToString(CultureInfo.InvariantCulture))
            {
                return false;
            }
        }

        return counted.Length > 1;
    }
}
