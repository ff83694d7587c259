namespace FlowEngine.Data;

/// <summary>How a column of a table stands to what a model sees of it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Mean">Its mean over the training rows, after the logit where there is one.</param>
/// <param name="Deviation">Its standard deviation there; 0 for a constant column, which the model does not see.</param>
/// <param name="CopyOf">The column it repeats, up to scale and sign, so that the model does not see it; null for none.</param>
/// <param name="IsReversed">True if it falls where the column it repeats rises.</param>
public sealed record TableColumn(
    string Name, double Mean, double Deviation, int? CopyOf = null, bool IsReversed = false)
{
    /// <summary>True if the model sees it.</summary>
    public bool IsKept => Deviation > 0 && CopyOf is null;
}
