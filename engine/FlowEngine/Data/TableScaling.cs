using System.Text.Json;

namespace FlowEngine.Data;

/// <summary>The map between the rows of a table and what a model sees: a logit for bounded data, then z = (y - mean) / deviation.</summary>
/// <remarks>
/// <para>
/// A column that is constant in the training rows has no density, nor has one that repeats another: the model sees
/// neither, log-probabilities are of the columns it sees, and samples get both back.
/// </para>
/// <code>
/// Forward   z = (logit(x) - mean) / deviation;  LogDet = Σ ln dlogit/dx - Σ ln deviation, over the columns that are seen
/// Inverse   x = logit⁻¹(mean + deviation · z)
/// </code>
/// <para>A column may have a <see cref="TailCurve"/> in place of the logit.</para>
/// </remarks>
public sealed class TableScaling
{
    private const int MostTold = 3;

    private readonly int[] _kept;
    private readonly TableColumn[] _columns;
    private readonly double _logDet;

    /// <summary>A scaling of known numbers.</summary>
    /// <param name="columns">The columns of the table.</param>
    /// <param name="logit">The logit before it; null for none.</param>
    /// <exception cref="FlowException">A number is out of range, or no column is left.</exception>
    public TableScaling(IReadOnlyList<TableColumn> columns, LogitTransform? logit)
    {
        logit?.Validate();
        _columns = [.. columns];
        (Names, Logit) = ([.. columns.Select(column => column.Name)], logit);
        _kept = [.. Enumerable.Range(0, columns.Count).Where(j => columns[j].IsKept)];
        for (int j = 0; j < columns.Count; j++)
        {
            TableColumn column = columns[j];
            bool isSane = double.IsFinite(column.Mean) && double.IsFinite(column.Deviation) && column.Deviation >= 0
                && (column.CopyOf is not int source || (_kept.Contains(source) && source != j))
                && double.IsFinite(column.Noise) && column.Noise >= 0
                && (column.Curve is not TailCurve curve
                    || (double.IsFinite(curve.Center) && double.IsFinite(curve.Spread) && curve.Spread > 0 && logit is null));
            if (!isSane)
            {
                throw Invalid($"column {j} ({column.Name}) has no valid scaling: {column}");
            }
        }

        if (_kept.Length == 0)
        {
            throw Invalid("every column of the training rows is constant, expected one that varies");
        }

        _logDet = -_kept.Sum(j => Math.Log(columns[j].Deviation));
        IsLinear = logit is null && _kept.All(j => columns[j].Curve is null);
        Noise = _kept.Any(j => columns[j].Noise > 0) ? [.. _kept.Select(j => (float)columns[j].Noise)] : null;
    }

    /// <summary>The columns of the table.</summary>
    public IReadOnlyList<TableColumn> Columns => _columns;

    /// <summary>The names of the columns of the table, in order.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The logit before the standardization; null for none.</summary>
    public LogitTransform? Logit { get; }

    /// <summary>Columns that the model sees, D.</summary>
    public int Dims => _kept.Length;

    /// <summary>True if the log-determinant is the same of every row.</summary>
    internal bool IsLinear { get; }

    /// <summary>Standard deviations of the noise of training rows, (Dims), as the model sees them; null for none.</summary>
    internal float[]? Noise { get; }

    /// <summary>Measures training rows.</summary>
    /// <param name="train">The rows, at least two.</param>
    /// <param name="logit">The logit before it; null for none.</param>
    /// <exception cref="FlowException">There are too few rows, a value is outside the logit's bounds, or every column is
    /// constant.</exception>
    public static TableScaling Fit(TableDataset train, LogitTransform? logit)
    {
        logit?.Validate();
        if (train.Count < 2)
        {
            throw Invalid($"{train.Name} has {train.Count} training rows, expected at least 2");
        }

        return new TableScaling(ColumnStatistics.Of(train, logit), logit);
    }

    /// <summary>The same with what columns of heavy tails, or of few values, need: see <see cref="ColumnTreatment"/>.</summary>
    /// <param name="train">The rows that <see cref="Fit"/> measured.</param>
    /// <returns>This one, where there is a logit.</returns>
    internal TableScaling Treated(TableDataset train) =>
        Logit is null ? new TableScaling(ColumnTreatment.Of(train, Columns), null) : this;

    /// <summary>What was done about columns that have no density: a line for each, or one for many.</summary>
    public IEnumerable<string> Notes()
    {
        int[] constants = [.. Enumerable.Range(0, Columns.Count).Where(j => Columns[j].Deviation == 0)];
        int[] copies = [.. Enumerable.Range(0, Columns.Count).Where(j => Columns[j] is { Deviation: not 0, CopyOf: not null })];
        return
        [
            .. Told(
                copies,
                j => $"{Named(j)} repeats {Named(Columns[j].CopyOf!.Value)}, up to scale, in the training rows, which has no "
                    + "density: it is left out, and samples get it from there",
                "repeat others, up to scale, in the training rows, which has no density: they are left out, and samples get "
                    + "them from there"),
            .. Told(
                constants,
                j => FormattableString.Invariant(
                    $"{Named(j)} is always {Restored(Columns[j], 0)} in the training rows, which has no density: it is left ")
                    + "out, and samples get the constant",
                "are constant in the training rows, which has no density: they are left out, and samples get the constants"),
            .. ColumnTreatment.Notes(Columns),
        ];

        IEnumerable<string> Told(int[] columns, Func<int, string> one, string many) => columns.Length <= MostTold
            ? columns.Select(one)
            : [$"{columns.Length} columns {many}: {string.Join(", ", columns.Take(MostTold).Select(Named))}, ..."];

        string Named(int j) => $"column {j} ({Columns[j].Name})";
    }

    /// <summary>The rows as the model sees them.</summary>
    /// <param name="table">Rows of the same columns.</param>
    /// <exception cref="FlowException">The columns are other ones, or a value is outside the logit's bounds.</exception>
    public ScaledTable Apply(TableDataset table)
    {
        if (table.Columns.Count != Columns.Count)
        {
            throw Invalid(
                $"{table.Name} has {table.Columns.Count} columns, the model expects {Columns.Count}: "
                + string.Join(", ", Columns.Take(8).Select(column => column.Name))
                + (Columns.Count > 8 ? ", ..." : string.Empty));
        }

        float[] values = new float[(long)table.Count * Dims];
        double[] logDet = new double[table.Count];
        for (int i = 0; i < table.Count; i++)
        {
            logDet[i] = Apply(table.Name, i, table[i], values.AsSpan(i * Dims, Dims));
        }

        return new ScaledTable(table.Name, values, logDet, Dims) { Labels = table.Labels, Noise = Noise };
    }

    /// <summary>One row as the model sees it.</summary>
    /// <param name="name">The table, for messages.</param>
    /// <param name="index">The index of the row, for messages.</param>
    /// <param name="row">One value a column.</param>
    /// <param name="values">(Dims), overwritten.</param>
    /// <returns>ln |d scaled / d original|, nats.</returns>
    /// <exception cref="FlowException">A value is not finite, or outside the logit's bounds: in which column.</exception>
    public double Apply(string name, long index, ReadOnlySpan<double> row, Span<float> values)
    {
        for (int j = 0; j < _columns.Length; j++)
        {
            if (!double.IsFinite(row[j]))
            {
                throw TableDataset.NotFinite(name, index, j, _columns[j].Name, row[j]);
            }
        }

        double logDet = _logDet;
        for (int k = 0; k < _kept.Length; k++)
        {
            TableColumn column = _columns[_kept[k]];
            double value = OnTheLine(name, index, row[_kept[k]], _kept[k], ref logDet);

            // A value beyond float32 is still a number, of which the density is known to be below every other.
            double z = (value - column.Mean) / column.Deviation;
            values[k] = (float)Math.Clamp(z, float.MinValue, float.MaxValue);
        }

        return logDet;
    }

    /// <summary>The gradient of a row from that of what the model sees of it.</summary>
    /// <param name="row">The row, one value a column.</param>
    /// <param name="dValues">The gradient of its scaled values, (Dims).</param>
    /// <param name="dRow">One value a column, overwritten; 0 where the model does not see it.</param>
    /// <param name="dLogDet">The gradient of what <see cref="Apply(string, long, ReadOnlySpan{double}, Span{float})"/> returns:
    /// 1 for rows whose density is asked for, 0 for conditions.</param>
    public void Backward(ReadOnlySpan<double> row, ReadOnlySpan<float> dValues, Span<double> dRow, double dLogDet)
    {
        dRow.Clear();
        for (int k = 0; k < _kept.Length; k++)
        {
            int column = _kept[k];
            double ofLogDet = 0;
            double slope = Logit?.Slope(row[column], out ofLogDet) ?? _columns[column].Curve?.Slope(row[column], out ofLogDet) ?? 1;
            dRow[column] = (dValues[k] * slope / _columns[column].Deviation) + (dLogDet * ofLogDet);
        }
    }

    /// <summary>Rows of the table from what a model gives: the inverse of <see cref="Apply(TableDataset)"/>.</summary>
    /// <param name="name">The name of the new table.</param>
    /// <param name="values">(B, Dims), finite.</param>
    /// <exception cref="FlowException">A value is not finite.</exception>
    public TableDataset Restore(string name, ReadOnlySpan<float> values)
    {
        int count = values.Length / Dims;
        TableRows rows = new(_columns.Length, Math.Max(1, count));
        for (int i = 0; i < count; i++)
        {
            Restore(values.Slice(i * Dims, Dims), rows.Add());
        }

        return new TableDataset(name, Names, rows);
    }

    /// <summary>One row of the table from what a model gives.</summary>
    /// <param name="values">(Dims).</param>
    /// <param name="row">One value a column, overwritten.</param>
    public void Restore(ReadOnlySpan<float> values, Span<double> row)
    {
        for (int j = 0; j < _columns.Length; j++)
        {
            TableColumn column = _columns[j];
            int seen = Array.IndexOf(_kept, column.CopyOf ?? j);
            double z = seen < 0 ? 0 : column.IsReversed ? -values[seen] : values[seen];
            row[j] = Restored(column, z);
        }
    }

    /// <summary>Rows that depart from the training rows in a column the model does not see.</summary>
    /// <param name="table">Rows of the same columns.</param>
    /// <returns>How many there are of each such column, with its index.</returns>
    public IEnumerable<(int Column, int Rows)> Departures(TableDataset table)
    {
        for (int j = 0; j < Columns.Count; j++)
        {
            int rows = Enumerable.Range(0, table.Count).Count(i => Departs(table, i, j));
            if (rows > 0)
            {
                yield return (j, rows);
            }
        }
    }

    /// <summary>The rows that depart in any of those columns, in order.</summary>
    /// <param name="table">Rows of the same columns.</param>
    internal IEnumerable<int> DepartingRows(TableDataset table) => Enumerable.Range(0, table.Count)
        .Where(i => Enumerable.Range(0, Columns.Count).Any(j => Departs(table, i, j)));

    private bool Departs(TableDataset table, int row, int j)
    {
        TableColumn column = Columns[j];
        if (column.IsKept)
        {
            return false;
        }

        double unused = 0;
        double value = OnTheLine(table.Name, row, table[row][j], j, ref unused);
        return column.CopyOf is int source
            ? Math.Abs(ColumnStatistics.Standardized(column, value, column.IsReversed)
                - ColumnStatistics.Standardized(Columns[source], OnTheLine(table.Name, row, table[row][source], source, ref unused), false))
                > 10 * ColumnStatistics.CopyTolerance
            : value != column.Mean;
    }

    /// <summary>Writes the scaling into an open JSON object.</summary>
    internal void Write(Utf8JsonWriter json)
    {
        if (Logit is not null)
        {
            json.WriteStartObject("logit");
            json.WriteNumber("lambda", Logit.Lambda);
            json.WriteNumber("low", Logit.Low);
            json.WriteNumber("high", Logit.High);
            json.WriteEndObject();
        }

        json.WriteStartArray("columns");
        foreach (TableColumn column in Columns)
        {
            json.WriteStartObject();
            json.WriteString("name", column.Name);
            json.WriteNumber("mean", column.Mean);
            json.WriteNumber("deviation", column.Deviation);
            if (column.CopyOf is int source)
            {
                json.WriteNumber("copy_of", source);
                json.WriteBoolean("reversed", column.IsReversed);
            }

            if (column.Curve is TailCurve curve)
            {
                json.WriteStartObject("curve");
                json.WriteNumber("center", curve.Center);
                json.WriteNumber("spread", curve.Spread);
                json.WriteEndObject();
            }

            if (column.Noise > 0)
            {
                json.WriteNumber("noise", column.Noise);
            }

            if (!column.IsKept)
            {
                json.WriteString("left_out", column.CopyOf is null ? "constant" : "copy");
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>The scaling in a JSON object; null where there is none.</summary>
    internal static TableScaling? Read(JsonElement json)
    {
        if (!json.TryGetProperty("columns", out JsonElement columns))
        {
            return null;
        }

        LogitTransform? transform = json.TryGetProperty("logit", out JsonElement logit)
            ? new LogitTransform(
                logit.GetProperty("lambda").GetDouble(),
                logit.GetProperty("low").GetDouble(),
                logit.GetProperty("high").GetDouble())
            : null;
        return new TableScaling([.. columns.EnumerateArray().Select(ReadColumn)], transform);
    }

    private static TableColumn ReadColumn(JsonElement json) => new(
        json.GetProperty("name").GetString() ?? string.Empty,
        json.GetProperty("mean").GetDouble(),
        json.GetProperty("deviation").GetDouble(),
        json.TryGetProperty("copy_of", out JsonElement source) ? source.GetInt32() : null,
        json.TryGetProperty("reversed", out JsonElement reversed) && reversed.GetBoolean())
    {
        Curve = json.TryGetProperty("curve", out JsonElement curve)
            ? new TailCurve(curve.GetProperty("center").GetDouble(), curve.GetProperty("spread").GetDouble())
            : null,
        Noise = json.TryGetProperty("noise", out JsonElement noise) ? noise.GetDouble() : 0,
    };

    private double OnTheLine(string table, long index, double value, int column, ref double logDet)
    {
        double onTheLine = OnTheLine(table, index, value, column, _columns[column].Name, Logit, ref logDet);
        return _columns[column].Curve?.Forward(onTheLine, ref logDet) ?? onTheLine;
    }

    /// <summary>A value after the logit, whose log-determinant is added.</summary>
    internal static double OnTheLine(
        string table, long index, double value, int column, string columnName, LogitTransform? logit, ref double logDet)
    {
        if (logit is null)
        {
            return value;
        }

        return value >= logit.Low && value <= logit.High
            ? logit.Forward(value, ref logDet)
            : throw Invalid(
                FormattableString.Invariant(
                    $"{table}: row {index}, column {column} ({columnName}) is {value}, expected ")
                + FormattableString.Invariant($"{logit.Low} to {logit.High} for the logit (--bounds)"));
    }

    private double Restored(TableColumn column, double z) => Logit?.Inverse(column.OnTheLine(z)) ?? column.OnTheLine(z);

    private static FlowException Invalid(string message) => new(FlowErrorKind.InvalidArgument, message);
}
