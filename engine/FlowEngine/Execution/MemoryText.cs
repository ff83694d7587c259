namespace FlowEngine.Execution;

/// <summary>Bytes for people.</summary>
public static class MemoryText
{
    private const int MostShown = 3;

    /// <summary>A memory plan in one line: its sum, and its largest parts.</summary>
    /// <param name="plan">Bytes by name, the largest first.</param>
    public static string Describe(IReadOnlyList<(string Name, long Bytes)> plan) =>
        $"{Bytes(plan.Sum(part => part.Bytes))} "
        + $"({string.Join(", ", plan.Take(MostShown).Select(part => $"{part.Name} {Bytes(part.Bytes)}"))}"
        + $"{(plan.Count > MostShown ? ", ..." : string.Empty)})";

    /// <summary>A number of bytes.</summary>
    /// <param name="bytes">The number.</param>
    public static string Bytes(long bytes) => bytes switch
    {
        >= 1L << 30 => FormattableString.Invariant($"{bytes / (double)(1L << 30):0.00} GiB"),
        >= 1L << 20 => FormattableString.Invariant($"{bytes / (double)(1L << 20):0.0} MiB"),
        >= 1L << 10 => FormattableString.Invariant($"{bytes / (double)(1L << 10):0.0} KiB"),
        _ => FormattableString.Invariant($"{bytes} B"),
    };
}
