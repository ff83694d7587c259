namespace FlowEngine.Cli;

/// <summary>What the values of a column of a Parquet or Arrow file are.</summary>
internal enum ColumnKind
{
    /// <summary>Integers, floats or bools.</summary>
    Number,

    /// <summary>Text, or a dictionary of it.</summary>
    Text,

    /// <summary>Dates, times of day, timestamps or durations.</summary>
    Time,

    /// <summary>Decimal fractions of fixed point.</summary>
    Decimal,

    /// <summary>Lists, maps or structs.</summary>
    Nested,

    /// <summary>Anything else.</summary>
    Other,
}
