namespace FlowEngine.Data;

/// <summary>What a sample of a data set is called, and in what its likelihood is told.</summary>
public sealed record SampleUnit
{
    private SampleUnit(string name, string heldOut, bool isInNats) =>
        (Name, HeldOut, IsInNats) = (name, heldOut, isInNats);

    /// <summary>An image of grey levels: bits per dimension.</summary>
    public static SampleUnit Image { get; } = new("image", "held-out", isInNats: false);

    /// <summary>A row of a table: nats.</summary>
    public static SampleUnit Row { get; } = new("row", "validation", isInNats: true);

    /// <summary>One sample.</summary>
    public string Name { get; }

    /// <summary>Several samples.</summary>
    public string Plural => $"{Name}s";

    /// <summary>What the samples are called that training does not learn from.</summary>
    public string HeldOut { get; }

    /// <summary>The unit of a likelihood.</summary>
    public string Likelihood => IsInNats ? "nats" : "bits/dim";

    /// <summary>True for nats of a sample in the units of its table; false for bits per dimension.</summary>
    public bool IsInNats { get; }
}
