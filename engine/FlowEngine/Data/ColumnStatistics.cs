namespace FlowEngine.Data;

/// <summary>Measures the columns of training rows in passes over them: the rows need not be in memory.</summary>
/// <remarks>
/// Sums go over the rows in their order. Values are scaled by a power of two before they are summed and squared, which rounds
/// nothing.
/// </remarks>
internal sealed class ColumnStatistics
{
    /// <summary>Columns that agree so far, in standard deviations, are one column: floats cannot tell them apart.</summary>
    public const double CopyTolerance = 1e-6;

    /// <summary>Rows that tell most columns apart, so that only few pairs are compared in all rows.</summary>
    private const int FirstRows = 256;

    private readonly TableDataset _table;
    private readonly LogitTransform? _logit;
    private readonly double[] _row;
    private readonly double[] _least;
    private readonly double[] _most;
    private readonly double[] _mean;
    private readonly double[] _deviation;

    private ColumnStatistics(TableDataset table, LogitTransform? logit)
    {
        int columns = table.Columns.Count;
        (_table, _logit, _row) = (table, logit, new double[columns]);
        (_least, _most, _mean, _deviation) = (new double[columns], new double[columns], new double[columns], new double[columns]);
    }

    /// <summary>Measures the columns of a table.</summary>
    /// <param name="table">At least two rows.</param>
    /// <param name="logit">The logit before; null for none.</param>
    /// <exception cref="FlowException">A value is outside the logit's bounds, or a spread is not a finite double.</exception>
    public static List<TableColumn> Of(TableDataset table, LogitTransform? logit)
    {
        ColumnStatistics statistics = new(table, logit);
        statistics.FindBounds();
        statistics.FindMoments();
        List<TableColumn> columns = [.. table.Columns.Select(
            (name, j) => new TableColumn(name, statistics._mean[j], statistics._deviation[j]))];
        statistics.MarkCopies(columns);
        return columns;
    }

    /// <summary>A value in standard deviations from the mean, of a reversed column with the other sign.</summary>
    public static double Standardized(TableColumn column, double value, bool isReversed)
    {
        double z = (value - column.Mean) / column.Deviation;
        return isReversed ? -z : z;
    }

    /// <summary>The rows from one on, after the logit; one array for all of them.</summary>
    private IEnumerable<double[]> Rows(int first = 0)
    {
        double unused = 0;
        for (int i = first; i < _table.Count; i++)
        {
            _table.Read(i, _row);
            for (int j = 0; j < _row.Length && _logit is not null; j++)
            {
                _row[j] = TableScaling.OnTheLine(_table.Name, i, _row[j], j, _table.Columns[j], _logit, ref unused);
            }

            yield return _row;
        }
    }

    private void FindBounds()
    {
        Array.Fill(_least, double.PositiveInfinity);
        Array.Fill(_most, double.NegativeInfinity);
        foreach (double[] row in Rows())
        {
            for (int j = 0; j < row.Length; j++)
            {
                _least[j] = Math.Min(_least[j], row[j]);
                _most[j] = Math.Max(_most[j], row[j]);
            }
        }
    }

    private void FindMoments()
    {
        int count = _table.Count;
        int[] exponents = [.. _least.Select((least, j) => Exponent(Math.Max(Math.Abs(least), Math.Abs(_most[j]))))];
        double[] sums = new double[_row.Length];
        foreach (double[] row in Rows())
        {
            for (int j = 0; j < row.Length; j++)
            {
                sums[j] += Math.ScaleB(row[j], -exponents[j]);
            }
        }

        int[] spreads = new int[_row.Length];
        for (int j = 0; j < sums.Length; j++)
        {
            _mean[j] = _least[j] == _most[j] ? _least[j] : Math.ScaleB(sums[j] / count, exponents[j]);
            double half = _mean[j] / 2;
            spreads[j] = Exponent(Math.Max(Math.Abs((_least[j] / 2) - half), Math.Abs((_most[j] / 2) - half))) + 1;
        }

        Array.Clear(sums);
        foreach (double[] row in Rows())
        {
            for (int j = 0; j < row.Length; j++)
            {
                double difference = Math.ScaleB(row[j], -spreads[j]) - Math.ScaleB(_mean[j], -spreads[j]);
                sums[j] += difference * difference;
            }
        }

        for (int j = 0; j < sums.Length; j++)
        {
            bool isConstant = _least[j] == _most[j];
            _deviation[j] = isConstant ? 0 : Math.ScaleB(Math.Sqrt(sums[j] / count), spreads[j]);
            if (!isConstant && !double.IsNormal(_deviation[j]))
            {
                throw new FlowException(
                    FlowErrorKind.InvalidArgument,
                    FormattableString.Invariant(
                        $"column {j} ({_table.Columns[j]}) of {_table.Name} has values from {_least[j]} to {_most[j]}, ")
                    + "expected a spread that a double can hold: change the unit of the column");
            }
        }
    }

    /// <summary>Marks each column that repeats an earlier one that is kept.</summary>
    private void MarkCopies(List<TableColumn> columns)
    {
        double[][] head = [.. Rows().Take(FirstRows).Select(row => row.ToArray())];
        Dictionary<Pair, bool> known = [];
        List<Pair> asked;
        do
        {
            asked = Mark(columns, head, known);
            Compare(columns, asked, known);
        }
        while (asked.Count > 0);
    }

    /// <summary>Marks what is known.</summary>
    /// <returns>The pairs that agree in the first rows, and of which more is to be known.</returns>
    private static List<Pair> Mark(List<TableColumn> columns, double[][] head, Dictionary<Pair, bool> known)
    {
        List<Pair> asked = [];
        bool[] isKept = new bool[columns.Count];
        for (int j = 0; j < columns.Count; j++)
        {
            if (columns[j].Deviation == 0)
            {
                continue;
            }

            Pair? copied = null;
            int before = asked.Count;
            for (int i = 0; i < j && copied is null; i++)
            {
                foreach (bool isReversed in isKept[i] ? (ReadOnlySpan<bool>)[false, true] : [])
                {
                    Pair pair = new(j, i, isReversed);
                    if (!Array.TrueForAll(head, row => Agree(columns, pair, row)))
                    {
                        continue;
                    }

                    if (!known.TryGetValue(pair, out bool isCopy))
                    {
                        asked.Add(pair);
                    }
                    else if (isCopy)
                    {
                        copied ??= pair;
                    }
                }
            }

            isKept[j] = copied is null && asked.Count == before;
            columns[j] = columns[j] with { CopyOf = copied?.Source, IsReversed = copied?.IsReversed ?? false };
        }

        return asked;
    }

    /// <summary>Compares pairs of columns in all rows behind the first ones, until none is left that agrees.</summary>
    private void Compare(List<TableColumn> columns, List<Pair> asked, Dictionary<Pair, bool> known)
    {
        List<Pair> left = [.. asked];
        foreach (double[] row in Rows(Math.Min(FirstRows, _table.Count)))
        {
            left.RemoveAll(pair => !Agree(columns, pair, row));
            if (left.Count == 0)
            {
                break;
            }
        }

        foreach (Pair pair in asked)
        {
            known[pair] = false;
        }

        foreach (Pair pair in left)
        {
            known[pair] = true;
        }
    }

    private static bool Agree(List<TableColumn> columns, Pair pair, double[] row) =>
        Math.Abs(Standardized(columns[pair.Column], row[pair.Column], pair.IsReversed)
            - Standardized(columns[pair.Source], row[pair.Source], false)) <= CopyTolerance;

    private static int Exponent(double value) => value == 0 ? 0 : Math.ILogB(value);

    private readonly record struct Pair(int Column, int Source, bool IsReversed);
}
