using System.Globalization;

using FlowEngine.Settings;

namespace FlowEngine.Data;

/// <summary>The labels of some data: numbers, or indices into the names of classes.</summary>
/// <param name="Numbers">One a sample, 0 or more.</param>
/// <param name="Names">What a label k is called; null where labels are numbers.</param>
internal sealed record ClassLabels(int[] Numbers, string[]? Names)
{
    /// <summary>Labels from their text: numbers where all are whole and none negative, else classes by name.</summary>
    /// <param name="texts">One a sample.</param>
    public static ClassLabels Of(IReadOnlyList<string> texts)
    {
        Dictionary<string, string> known = texts.Distinct().ToDictionary(text => text, DataClasses.Canonical);
        if (known.Values.All(name => name.Length > 0 && char.IsAsciiDigit(name[0]) && NumberText.TryParse<int>(name, out _)))
        {
            Dictionary<string, int> numbers = known.ToDictionary(
                one => one.Key, one => int.Parse(one.Value, CultureInfo.InvariantCulture));
            return new ClassLabels([.. texts.Select(text => numbers[text])], null);
        }

        string[] names = Ordered(known.Values.Distinct());
        Dictionary<string, int> places = names.Index().ToDictionary(one => one.Item, one => one.Index);
        return new ClassLabels([.. texts.Select(text => places[known[text]])], names);
    }

    /// <summary>The names of classes in the order of numbers where all are numbers, else in ordinal order.</summary>
    /// <param name="names">Different names.</param>
    public static string[] Ordered(IEnumerable<string> names)
    {
        string[] ordinal = [.. names.Order(StringComparer.Ordinal)];
        return ordinal.All(name => NumberText.TryParse<double>(name, out _))
            ? [.. ordinal.OrderBy(name => double.Parse(name, CultureInfo.InvariantCulture))]
            : ordinal;
    }

    /// <summary>The names of the classes of several parts, whose readers numbered them on their own.</summary>
    /// <param name="parts">The labels of each, with their names where they have some.</param>
    /// <returns>Null where labels are numbers in all of them.</returns>
    public static string[]? CommonNames(IReadOnlyList<(int[]? Labels, IReadOnlyList<string>? Names)> parts) =>
        parts.All(part => part.Names is null)
            ? null
            : Ordered(parts.SelectMany(part => (part.Labels ?? []).Distinct()
                .Select(label => DataClasses.NameOf(label, part.Names))).Distinct());

    /// <summary>Labels of one part by names that are common to all.</summary>
    /// <param name="labels">The labels.</param>
    /// <param name="names">Their names there; null for numbers.</param>
    /// <param name="common">As <see cref="CommonNames"/> gives them.</param>
    public static int[] Renumber(int[] labels, IReadOnlyList<string>? names, string[] common)
    {
        Dictionary<string, int> places = common.Index().ToDictionary(one => one.Item, one => one.Index);
        Dictionary<int, int> numbers = labels.Distinct()
            .ToDictionary(label => label, label => places[DataClasses.NameOf(label, names)]);
        return Array.ConvertAll(labels, label => numbers[label]);
    }
}
