using FlowEngine.Data;

namespace FlowEngine.Cli;

/// <summary>Rows of a file that is stored by columns: one block of them is in memory at a time.</summary>
internal abstract class ColumnarRows : RowReader
{
    private const int LongestCause = 200;

    private readonly double[][] _numbers;
    private string[] _labels = [];
    private long _before;
    private int _count;
    private int _next;

    /// <inheritdoc/>
    protected ColumnarRows(string path, IEnumerable<string> names, TableReading reading, TableSchema? schema)
        : base(path, [.. names], reading, schema) =>
        _numbers = [.. Numbers.Select(_ => Array.Empty<double>())];

    /// <inheritdoc/>
    public override bool Read(Span<double> row, out string label)
    {
        label = string.Empty;
        while (_next == _count)
        {
            if (!Guard(Path, ReadBlock))
            {
                return false;
            }
        }

        for (int j = 0; j < row.Length; j++)
        {
            row[j] = _numbers[j][_next];
        }

        label = Header.Label >= 0 ? _labels[_next] : label;
        _next++;
        return true;
    }

    /// <summary>Runs something of a library, whose errors over damaged bytes are of any type.</summary>
    protected static T Guard<T>(string path, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception exception) when (exception is not (FlowException or OutOfMemoryException))
        {
            throw new FlowException(
                FlowErrorKind.BadFormat,
                $"{path}: does not read ({PrintableText.OneLine(exception.Message, LongestCause).TrimEnd('.')}), expected a whole "
                + "Parquet or Arrow file",
                exception);
        }
    }

    /// <summary>Refuses columns whose values are no numbers, and labels that are neither numbers nor text.</summary>
    /// <param name="kindOf">What the values of a column are.</param>
    protected void RequireKinds(Func<int, ColumnKind> kindOf)
    {
        foreach (int column in Numbers)
        {
            Require(column, kindOf(column), "numbers");
        }

        if (Header.Label >= 0 && kindOf(Header.Label) is var kind && kind != ColumnKind.Text)
        {
            Require(Header.Label, kind, "labels");
        }

        IsLabelText = Header.Label >= 0 && kindOf(Header.Label) == ColumnKind.Text;
    }

    /// <summary>Opens the next block.</summary>
    /// <returns>Its rows; null after the last.</returns>
    protected abstract int? OpenBlock();

    /// <summary>Reads the numbers of a column of the block.</summary>
    protected abstract void ReadNumbers(int column, Span<double> numbers);

    /// <summary>Reads the text of a column of the block.</summary>
    protected abstract void ReadText(int column, Span<string> text);

    /// <summary>The error of a value that is not there.</summary>
    /// <param name="column">Its column.</param>
    /// <param name="row">Its row in the block.</param>
    protected FlowException Null(int column, int row) => Bad(column, row, "is null, a missing value");

    /// <summary>True where the labels are text.</summary>
    private bool IsLabelText { get; set; }

    private bool ReadBlock()
    {
        _before += _count;
        (_count, _next) = (0, 0);
        if (OpenBlock() is not int count)
        {
            return false;
        }

        for (int j = 0; j < _numbers.Length; j++)
        {
            _numbers[j] = Read(Numbers[j], count, _numbers[j]);
        }

        if (Header.Label >= 0)
        {
            _labels = ReadLabels(Header.Label, count);
        }

        _count = count;
        return true;
    }

    private double[] Read(int column, int count, double[] earlier)
    {
        double[] numbers = earlier.Length >= count ? earlier : new double[count];
        ReadNumbers(column, numbers.AsSpan(0, count));
        int bad = Array.FindIndex(numbers, 0, count, value => !double.IsFinite(value));
        return bad < 0 ? numbers : throw Bad(column, bad, FormattableString.Invariant($"holds {numbers[bad]}"));
    }

    private string[] ReadLabels(int column, int count)
    {
        string[] labels = new string[count];
        if (IsLabelText)
        {
            ReadText(column, labels);
            int bad = Array.FindIndex(labels, MissingValue.IsLabel);
            return bad < 0 ? labels : throw new FlowException(
                FlowErrorKind.BadFormat, $"{Place(column, bad)} holds '{labels[bad]}', expected the label of the row");
        }

        double[] numbers = Read(column, count, []);
        Dictionary<double, string> texts = [];
        for (int i = 0; i < count; i++)
        {
            if (!texts.TryGetValue(numbers[i], out string? text))
            {
                texts.Add(numbers[i], text = CsvWriter.Number(numbers[i]));
            }

            labels[i] = text;
        }

        return labels;
    }

    private void Require(int column, ColumnKind kind, string expected)
    {
        (string holds, string remedy) = kind switch
        {
            ColumnKind.Text => ("text", "name it as the labels (--label), or leave it out of the file"),
            ColumnKind.Time => ("times", "make a number of it (in pandas, astype('int64')), or leave it out of the file"),
            ColumnKind.Decimal => ("decimals", "cast it to float64"),
            ColumnKind.Nested => ("lists, maps or structs", "make columns of its parts, or leave it out of the file"),
            _ => ("values of a type that is not read", "cast it to float64, or leave it out of the file"),
        };
        if (kind != ColumnKind.Number)
        {
            throw new FlowException(FlowErrorKind.BadFormat, $"{Path}: {Named(column)} holds {holds}, expected {expected}: {remedy}");
        }
    }

    private FlowException Bad(int column, int row, string problem) => new(
        FlowErrorKind.BadFormat, $"{Place(column, row)} {problem}, expected a finite number: fill it in, or leave out the row");

    private string Place(int column, int row) => FormattableString.Invariant($"{Path}: row {_before + row}, {Named(column)}");
}
