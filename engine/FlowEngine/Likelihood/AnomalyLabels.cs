using FlowEngine.Data;

namespace FlowEngine.Likelihood;

/// <summary>Which data are anomalies, by their labels.</summary>
/// <remarks>
/// By rule, of the labels 0 and 1, or False and True, the first is normal; of 1 and -1 it is 1. What other labels mean
/// nobody can know: the normal one must be named.
/// </remarks>
/// <param name="IsAnomaly">One a datum.</param>
/// <param name="Normal">The label of what is normal; null where no label tells it.</param>
internal sealed record AnomalyLabels(bool[] IsAnomaly, string? Normal)
{
    private static readonly (string Normal, string Anomaly)[] _known = [("0", "1"), ("1", "-1"), ("False", "True")];

    /// <summary>The anomalies among some data.</summary>
    /// <param name="labels">One a datum.</param>
    /// <param name="names">What a label k is called; null for k.</param>
    /// <param name="normal">The label of what is normal; null for the rules.</param>
    /// <param name="source">The data, for messages.</param>
    /// <returns>Null where all data are of one kind.</returns>
    /// <exception cref="FlowException">No datum has that label, or the rules do not know the labels.</exception>
    public static AnomalyLabels? Of(int[] labels, IReadOnlyList<string>? names, string? normal, string source)
    {
        string[] found = ClassLabels.Ordered(labels.Distinct().Select(label => DataClasses.NameOf(label, names)));
        string shown = string.Join(", ", found.Take(8)) + (found.Length > 8 ? ", ..." : string.Empty);
        if (normal is not null)
        {
            normal = DataClasses.Canonical(normal);
            if (!found.Contains(normal))
            {
                throw Invalid($"--normal is {normal}, and no label of {source} is that: expected one of {shown}");
            }
        }

        if (found.Length < 2)
        {
            return null;
        }

        normal ??= _known.FirstOrDefault(pair => found.Length == 2
            && found.Contains(pair.Normal, StringComparer.OrdinalIgnoreCase)
            && found.Contains(pair.Anomaly, StringComparer.OrdinalIgnoreCase)).Normal;
        normal = found.FirstOrDefault(name => name.Equals(normal, StringComparison.OrdinalIgnoreCase)) ?? throw Invalid(
            $"{source} has the labels {shown}, of which nobody can know which are normal: expected --normal LABEL");
        return new AnomalyLabels(Array.ConvertAll(labels, label => DataClasses.NameOf(label, names) != normal), normal);
    }

    private static FlowException Invalid(string message) => new(FlowErrorKind.InvalidArgument, message);
}
