using System.Globalization;

using FlowEngine.Data;

namespace FlowEngine.Cli;

/// <summary>Columns whose density is hard to learn or does not exist: what a user should know before a model is trained on them.</summary>
internal static class ColumnNotes
{
    private const int MostRows = 10_000;
    private const int MostShown = 6;
    private const int FewValues = 20;
    private const int LeastRowsByValue = 10;
    private const double FarOut = 10;

    /// <summary>At most a line on columns of few values, and one on columns that reach far out.</summary>
    /// <param name="rows">The training rows, the first of which are looked at.</param>
    /// <param name="schema">What the model sees of them.</param>
    public static IEnumerable<string> Of(TableDataset rows, TableSchema schema)
    {
        TableDataset seen = schema.Select(rows.Take(MostRows)).Rows;
        List<string> discrete = [];
        List<string> heavy = [];
        foreach (int j in Enumerable.Range(0, schema.Columns.Count).Where(j => schema.Scaling.Columns[j].IsKept))
        {
            double[] values = [.. Enumerable.Range(0, seen.Count).Select(i => seen[i][j]).Order()];
            (double low, double middle, double high) = (At(0.1), At(0.5), At(0.9));
            int different = values.Distinct().Take(FewValues + 1).Count();
            if (different <= FewValues && values.Length >= different * LeastRowsByValue)
            {
                discrete.Add($"{schema.Columns[j]} ({different} values)");
            }
            else if (low == high)
            {
                discrete.Add($"{schema.Columns[j]} (mostly {middle.ToString(CultureInfo.InvariantCulture)})");
            }
            else if (Math.Max(values[^1] - middle, middle - values[0]) > FarOut * (high - low))
            {
                heavy.Add(schema.Columns[j]);
            }

            double At(double share) => values[(int)(share * (values.Length - 1))];
        }

        if (discrete.Count > 0)
        {
            yield return $"{Shown(discrete)}: so few values have no density, and log densities rise without bound as the model narrows around them; "
                + "take such a column as --condition-columns, or leave it out";
        }

        if (heavy.Count > 0)
        {
            yield return $"{Shown(heavy)}: some values are more than {FarOut} times as far out as four fifths of them are apart; "
                + "the logarithm of such a column is easier to learn";
        }
    }

    private static string Shown(List<string> columns) => $"column{(columns.Count > 1 ? "s" : string.Empty)} "
        + string.Join(", ", columns.Take(MostShown)) + (columns.Count > MostShown ? $" and {columns.Count - MostShown} more" : string.Empty);
}
