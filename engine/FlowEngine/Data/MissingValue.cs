namespace FlowEngine.Data;

/// <summary>What tables hold where there is no value.</summary>
internal static class MissingValue
{
    private static readonly HashSet<string> _marks = new(StringComparer.OrdinalIgnoreCase)
    {
        string.Empty, "?", "-", "--", ".", "na", "n/a", "#n/a", "#na", "<na>", "nan", "-nan", "nat", "null", "none", "nil",
        "missing",
    };

    private static readonly HashSet<string> _labelMarks = new(StringComparer.OrdinalIgnoreCase)
    {
        string.Empty, "?", "na", "n/a", "<na>", "nan", "null",
    };

    /// <summary>True for a cell of numbers without a number.</summary>
    /// <param name="field">The cell.</param>
    public static bool Is(string field) => _marks.Contains(field);

    /// <summary>True for a label that is missing; fewer marks count, because a class may be called missing or none.</summary>
    /// <param name="field">The cell.</param>
    public static bool IsLabel(string field) => _labelMarks.Contains(field);
}
