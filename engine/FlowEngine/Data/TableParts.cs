namespace FlowEngine.Data;

/// <summary>The parts of a table: what a model learns, what decides when it has learned enough, and what judges it.</summary>
/// <param name="Train">Rows to train on.</param>
/// <param name="Validation">Rows for early stopping.</param>
/// <param name="Test">Rows that nothing of training sees.</param>
public sealed record TableParts(TableDataset Train, TableDataset Validation, TableDataset Test)
{
    /// <summary>All rows: of one source in its order, of several training, validation, test.</summary>
    public TableDataset All
    {
        get => field ?? Train.Concat(Validation).Concat(Test);
        init;
    }

    /// <summary>What the reader took for granted, one line each.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}
