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

    /// <summary>What its values go through before mean and deviation, which are then those on the curve; null for nothing.</summary>
    public TailCurve? Curve { get; init; }

    /// <summary>Standard deviation of the noise that it gets while a model trains, by its own; 0 for none.</summary>
    public double Noise { get; init; }

    /// <summary>Its value from what the model sees, before a logit's inverse.</summary>
    /// <param name="z">In deviations from the mean.</param>
    internal double OnTheLine(double z)
    {
        double value = Mean + (Deviation * z);
        return Curve?.Inverse(value) ?? value;
    }
}
