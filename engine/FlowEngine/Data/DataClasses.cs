using System.Globalization;
using System.Text.Json;

namespace FlowEngine.Data;

/// <summary>The classes that a model tells apart: their names, in the order in which it numbers them, and their counts.</summary>
/// <remarks>
/// Data are matched by name, whatever numbers their own reader gave their classes. The name of a class that is a whole
/// number is that number: 3, 03 and 3.0 are one class.
/// </remarks>
public sealed class DataClasses
{
    private const int MostNamed = 12;

    /// <summary>Classes of known numbers.</summary>
    /// <param name="count">How many there are.</param>
    /// <param name="names">One each, all different; null for 0, 1, ... in a file that lacks names.</param>
    /// <param name="counts">How many training data each had; null where that is not known.</param>
    /// <exception cref="FlowException">A list is of another length, a name comes twice, or a count is negative.</exception>
    public DataClasses(int count, IReadOnlyList<string>? names, IReadOnlyList<long>? counts)
    {
        if ((names is not null && (names.Count != count || names.Distinct().Count() != count))
            || (counts is not null && (counts.Count != count || counts.Any(one => one < 0))))
        {
            throw Invalid($"there are {count} classes, expected as many different names and counts of 0 or more");
        }

        (Count, Names, Counts) = (count, names, counts);
    }

    /// <summary>How many there are, N.</summary>
    public int Count { get; }

    /// <summary>Their names; null where the file has none: then they are 0 to N - 1.</summary>
    public IReadOnlyList<string>? Names { get; }

    /// <summary>How many training data each had; null where that is not known.</summary>
    public IReadOnlyList<long>? Counts { get; }

    /// <summary>The classes that labels tell of, in the order of numbers, or else of text.</summary>
    /// <param name="train">The labels of the training data, which are counted; null where there are none.</param>
    /// <param name="others">The labels of other parts, whose classes belong to them, too.</param>
    /// <param name="names">What a label k is called; null for k.</param>
    /// <param name="source">The data, for messages.</param>
    /// <exception cref="FlowException">There are no labels.</exception>
    public static DataClasses Of(
        int[]? train, IEnumerable<int> others, IReadOnlyList<string>? names, string source)
    {
        if (train is not { Length: > 0 })
        {
            throw Invalid($"{source} has no labels to be conditional on, expected one for each image or row");
        }

        Dictionary<int, long> counts = train.GroupBy(label => label).ToDictionary(same => same.Key, same => same.LongCount());
        int[] labels = [.. counts.Keys.Union(others).Order()];
        return new DataClasses(
            labels.Length,
            [.. labels.Select(label => NameOf(label, names))],
            [.. labels.Select(label => counts.GetValueOrDefault(label))]);
    }

    /// <summary>The name of a class.</summary>
    /// <param name="index">0 to N - 1.</param>
    public string NameOf(int index) => NameOf(index, Names);

    /// <summary>The first names for people, with how many training data each class had.</summary>
    public string Summary =>
        string.Join(", ", Enumerable.Range(0, Math.Min(Count, MostNamed)).Select(
            index => NameOf(index) + (Counts is null ? string.Empty : $" ({Counts[index]})")))
        + (Count > MostNamed ? $", ... ({Count} classes)" : string.Empty)
        + (Names is null ? "; the checkpoint has numbers instead of names" : string.Empty);

    /// <summary>The classes of which there were training data; all where that is not known.</summary>
    public IEnumerable<int> Seen => Enumerable.Range(0, Count).Where(index => Counts is null || Counts[index] > 0);

    /// <summary>The number of a class.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="source">What has it, for messages.</param>
    /// <exception cref="FlowException">There is no such class.</exception>
    public int IndexOf(string name, string source)
    {
        string canonical = Canonical(name);
        for (int i = 0; i < Count; i++)
        {
            if (NameOf(i) == canonical)
            {
                return i;
            }
        }

        string known = string.Join(", ", Enumerable.Range(0, Math.Min(Count, MostNamed)).Select(NameOf))
            + (Count > MostNamed ? ", ..." : string.Empty);
        throw Invalid(
            $"{source}: there is no class '{canonical}', expected one of the model's: {known}"
            + (Names is null ? " (the checkpoint is older than names of classes: it knows numbers)" : string.Empty));
    }

    /// <summary>Labels as the model numbers them.</summary>
    /// <param name="labels">Labels of a source.</param>
    /// <param name="names">What its label k is called; null for k.</param>
    /// <param name="source">The source, for messages.</param>
    /// <exception cref="FlowException">A label is of none of the classes: which.</exception>
    public int[] Number(int[] labels, IReadOnlyList<string>? names, string source)
    {
        Dictionary<int, int> numbers = labels.Distinct()
            .ToDictionary(label => label, label => IndexOf(NameOf(label, names), source));
        return Array.ConvertAll(labels, label => numbers[label]);
    }

    /// <summary>The same classes with the counts of other data.</summary>
    /// <param name="labels">Labels as the model numbers them.</param>
    internal DataClasses Recount(int[] labels)
    {
        long[] counts = new long[Count];
        foreach (int label in labels)
        {
            counts[label]++;
        }

        return new DataClasses(Count, Names, counts);
    }

    /// <summary>A name as it is compared: whole numbers are numbers.</summary>
    internal static string Canonical(string name) =>
        double.TryParse(name, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
        && number == Math.Floor(number) && Math.Abs(number) <= int.MaxValue
            ? ((int)number).ToString(CultureInfo.InvariantCulture)
            : name;

    /// <summary>Writes the classes into an open JSON object.</summary>
    internal void Write(Utf8JsonWriter json)
    {
        json.WriteStartArray("classes");
        for (int i = 0; i < Count; i++)
        {
            json.WriteStartObject();
            if (Names is not null)
            {
                json.WriteString("name", Names[i]);
            }

            if (Counts is not null)
            {
                json.WriteNumber("count", Counts[i]);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>The classes in a JSON object; null where there are none.</summary>
    internal static DataClasses? Read(JsonElement json)
    {
        if (json.TryGetProperty("class_counts", out JsonElement older))
        {
            long[] counts = [.. older.EnumerateArray().Select(count => count.GetInt64())];
            return new DataClasses(counts.Length, null, counts);
        }

        if (!json.TryGetProperty("classes", out JsonElement array))
        {
            return null;
        }

        JsonElement[] classes = [.. array.EnumerateArray()];
        return new DataClasses(
            classes.Length,
            classes.All(one => one.TryGetProperty("name", out _))
                ? [.. classes.Select(one => Canonical(one.GetProperty("name").GetString() ?? string.Empty))]
                : null,
            classes.All(one => one.TryGetProperty("count", out _))
                ? [.. classes.Select(one => one.GetProperty("count").GetInt64())]
                : null);
    }

    /// <summary>What a label of a source is called.</summary>
    internal static string NameOf(int label, IReadOnlyList<string>? names) =>
        names?[label] ?? label.ToString(CultureInfo.InvariantCulture);

    private static FlowException Invalid(string message) => new(FlowErrorKind.InvalidArgument, message);
}
