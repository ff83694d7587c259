namespace FlowEngine.Execution;

/// <summary>Bytes for people.</summary>
public static class MemoryText
{
    /// <summary>A memory plan in one line.</summary>
    /// <param name="plan">Bytes by name.</param>
    public static string Describe(IReadOnlyList<(string Name, long Bytes)> plan) =>
        $"{Bytes(plan.Sum(part => part.Bytes))} "
        + $"({string.Join(", ", plan.Select(part => $"{part.Name} {Bytes(part.Bytes)}"))})";

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
