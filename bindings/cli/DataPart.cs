namespace FlowEngine.Cli;

/// <summary>Which part of a data set to score.</summary>
internal enum DataPart
{
    /// <summary>Everything.</summary>
    All,

    /// <summary>What nothing of training sees.</summary>
    Test,

    /// <summary>What a model trains on.</summary>
    Train,

    /// <summary>What decides when a model of a table has learned enough.</summary>
    Validation,
}
