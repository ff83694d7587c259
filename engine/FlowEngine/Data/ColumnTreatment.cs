using System.Globalization;

namespace FlowEngine.Data;

/// <summary>
/// What is done about columns whose density is hard to learn or does not exist: heavy tails are drawn in, and where rows are
/// heaped on few values, training adds noise that a density can follow.
/// </summary>
internal static class ColumnTreatment
{
    private const int MostRows = 10_000;
    private const int MostValues = 5_000_000;
    private const int MostShown = 6;
    private const int FewValues = 20;
    private const int LeastRowsByValue = 10;

    // In spreads of the column, from its median. A normal column of so many rows reaches 4, and pixels of photographs, less
    // their mean, reach 12: what they have in common is linear, and curves for them cost a MAF 3.5 nats of 146.
    private const double FarOut = 20;

    // Standard deviations of the noise, by the least gap between values, and by the column's own where nearly all are one value.
    // More of it costs more of the density at the values.
    private const double NoiseByGap = 0.01;
    private const double NoiseByDeviation = 0.001;

    /// <summary>The columns of a scaling, with the treatments they need.</summary>
    /// <param name="table">The training rows; of many, some from all over them are looked at.</param>
    /// <param name="columns">As they were measured.</param>
    public static List<TableColumn> Of(TableDataset table, IReadOnlyList<TableColumn> columns)
    {
        int count = Math.Min(table.Count, Math.Min(MostRows, MostValues / columns.Count));
        double[][] rows = [.. Enumerable.Range(0, count).Select(i =>
        {
            double[] row = new double[columns.Count];
            table.Read((int)((long)i * table.Count / count), row);
            return row;
        })];
        double[] values = new double[rows.Length];
        List<TableColumn> treated = [.. columns.Select((column, j) =>
        {
            if (!column.IsKept)
            {
                return column;
            }

            for (int i = 0; i < rows.Length; i++)
            {
                values[i] = rows[i][j];
            }

            Array.Sort(values);
            return Treated(column, values);
        })];
        MeasureCurves(table, treated);
        for (int j = 0; j < treated.Count; j++)
        {
            TableColumn column = treated[j];
            if (column.CopyOf is int source && treated[source] is { Curve: TailCurve curve } from)
            {
                double factor = (column.IsReversed ? -1 : 1) * column.Deviation / columns[source].Deviation;
                treated[j] = column with
                {
                    Curve = curve.Moved(factor, column.Mean - (factor * columns[source].Mean)),
                    Mean = column.IsReversed ? -from.Mean : from.Mean,
                    Deviation = from.Deviation,
                };
            }
        }

        return treated;
    }

    /// <summary>At most a line on each treatment.</summary>
    public static IEnumerable<string> Notes(IReadOnlyList<TableColumn> columns)
    {
        string[] heaped = [.. columns.Where(column => column.IsKept && column.Noise > 0).Select(column => column.Name)];
        string[] heavy = [.. columns.Where(column => column.IsKept && column.Curve is not null).Select(column => column.Name)];
        if (heaped.Length > 0)
        {
            yield return $"{Shown(heaped)}: rows lie heaped on single values, which have no density: training adds noise of a small part of the "
                + "gap between them, so that log densities do not rise without bound";
        }

        if (heavy.Length > 0)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{Shown(heavy)}: some values are more than {FarOut} times as far out as most of them: the model sees asinh of such a column, and ")
                + "densities and samples are in its own units all the same";
        }
    }

    private static TableColumn Treated(TableColumn column, double[] sorted)
    {
        double gap = double.PositiveInfinity;
        int different = 1;
        for (int i = 1; i < sorted.Length; i++)
        {
            if (sorted[i] > sorted[i - 1])
            {
                different++;
                gap = Math.Min(gap, sorted[i] - sorted[i - 1]);
            }
        }

        if (different is > 1 and <= FewValues && sorted.Length >= different * LeastRowsByValue)
        {
            return column with { Noise = NoiseByGap * gap / column.Deviation };
        }

        TailCurve curve = TailCurve.Of(sorted, column.Deviation);
        bool isHeap = sorted[(int)(0.1 * (sorted.Length - 1))] == sorted[(int)(0.9 * (sorted.Length - 1))];
        double reach = Math.Max(sorted[^1] - curve.Center, curve.Center - sorted[0]) / curve.Spread;
        return column with
        {
            Curve = reach > FarOut ? curve : null,
            Noise = isHeap ? NoiseByDeviation : 0,
        };
    }

    /// <summary>Means and deviations of the columns with a curve, on the curve.</summary>
    private static void MeasureCurves(TableDataset table, List<TableColumn> columns)
    {
        int[] curved = [.. Enumerable.Range(0, columns.Count).Where(j => columns[j].Curve is not null)];
        double[] row = new double[columns.Count];
        double[] means = Averages((j, value) => value);
        double[] variances = Averages((j, value) => (value - means[j]) * (value - means[j]));
        for (int k = 0; k < curved.Length; k++)
        {
            columns[curved[k]] = columns[curved[k]] with { Mean = means[k], Deviation = Math.Sqrt(variances[k]) };
        }

        double[] Averages(Func<int, double, double> term)
        {
            double[] sums = new double[curved.Length];
            for (int i = 0; i < table.Count && curved.Length > 0; i++)
            {
                table.Read(i, row);
                for (int k = 0; k < curved.Length; k++)
                {
                    sums[k] += term(k, columns[curved[k]].Curve!.Forward(row[curved[k]]));
                }
            }

            return [.. sums.Select(sum => sum / table.Count)];
        }
    }

    private static string Shown(string[] columns) => $"column{(columns.Length > 1 ? "s" : string.Empty)} "
        + string.Join(", ", columns.Take(MostShown)) + (columns.Length > MostShown ? $" and {columns.Length - MostShown} more" : string.Empty);
}
