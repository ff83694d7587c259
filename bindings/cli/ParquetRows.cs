using System.Buffers.Binary;
using System.Globalization;

using FlowEngine.Data;

using Parquet;
using Parquet.Meta;
using Parquet.Schema;

namespace FlowEngine.Cli;

/// <summary>Rows of a Parquet file; a block is a row group.</summary>
internal sealed class ParquetRows : ColumnarRows
{
    private static readonly System.Type[] _numbers = [typeof(bool), typeof(int), typeof(long), typeof(float), typeof(double)];
    private static readonly System.Type[] _texts = [typeof(string), typeof(ReadOnlyMemory<char>)];
    private static readonly System.Type[] _times = [typeof(DateTime), typeof(DateOnly), typeof(TimeOnly), typeof(TimeSpan)];

    private readonly ParquetReader _file;
    private readonly HashSet<SchemaElement> _unsigned;
    private readonly HashSet<SchemaElement> _halves;
    private readonly IReadOnlyList<Field> _fields;
    private readonly long _mostBytes;
    private ParquetRowGroupReader? _group;
    private int _next;

    private ParquetRows(
        ParquetReader file,
        HashSet<SchemaElement> unsigned,
        HashSet<SchemaElement> halves,
        long length,
        string path,
        TableReading reading,
        TableSchema? schema)
        : base(path, file.Schema.Fields.Select(field => field.Name), reading, schema)
    {
        (_unsigned, _halves) = (unsigned, halves);
        (_file, _fields, _mostBytes) = (file, file.Schema.Fields, ReadLimits.Of(length));
        RequireKinds(column => KindOf(_fields[column]));
    }

    /// <summary>Opens a file.</summary>
    /// <param name="file">The file, which stays the caller's.</param>
    /// <param name="path">Its path, for messages.</param>
    /// <param name="reading">The label column.</param>
    /// <param name="schema">What the model that is to take the rows knows of them; null for none.</param>
    /// <exception cref="FlowException">It is damaged, or a column that is to be read has no numbers.</exception>
    public static ParquetRows Open(Stream file, string path, TableReading reading, TableSchema? schema) => Guard(
        path,
        () =>
        {
            ParquetReader reader = ParquetReader.CreateAsync(file, leaveStreamOpen: true).GetAwaiter().GetResult();
            (HashSet<SchemaElement> unsigned, HashSet<SchemaElement> halves) = ReadAsStored(reader);
            return new ParquetRows(reader, unsigned, halves, file.Length, path, reading, schema);
        });

    /// <inheritdoc/>
    protected override int? OpenBlock()
    {
        if (_next == _file.RowGroupCount)
        {
            return null;
        }

        _group = _file.OpenRowGroupReader(_next++);
        long rows = _group.RowCount;
        return rows >= 0 && rows <= Math.Min(Array.MaxLength, _mostBytes / sizeof(double) / Header.Columns.Length)
            ? (int)rows
            : throw ReadLimits.Exceeded(Path, _mostBytes);
    }

    /// <inheritdoc/>
    protected override void ReadNumbers(int column, Span<double> numbers)
    {
        DataField field = (DataField)_fields[column];
        bool isUnsigned = _unsigned.Contains(field.SchemaElement!);
        switch (field.ClrType)
        {
            case System.Type type when type == typeof(bool):
                RequirePlain(field);
                Convert<bool>(field, column, numbers, value => value ? 1 : 0);
                break;
            case System.Type type when type == typeof(int):
                Convert<int>(field, column, numbers, isUnsigned ? value => (uint)value : value => value);
                break;
            case System.Type type when type == typeof(long):
                Convert<long>(field, column, numbers, isUnsigned ? value => (ulong)value : value => value);
                break;
            case System.Type type when type == typeof(float):
                Convert<float>(field, column, numbers, value => value);
                break;
            case System.Type type when type == typeof(double):
                Convert<double>(field, column, numbers, value => value);
                break;
            default:
                Convert<ReadOnlyMemory<byte>>(field, column, numbers, value => (double)BinaryPrimitives.ReadHalfLittleEndian(value.Span));
                break;
        }
    }

    /// <inheritdoc/>
    protected override void ReadText(int column, Span<string> text)
    {
        DataField field = (DataField)_fields[column];
        RequireCount(field, text.Length);
        string?[] values = new string?[text.Length];
        _group!.ReadAsync(field, values.AsMemory()).AsTask().GetAwaiter().GetResult();
        for (int i = 0; i < values.Length; i++)
        {
            text[i] = values[i] ?? throw Null(column, i);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool isDisposing)
    {
        if (isDisposing)
        {
            _group?.Dispose();
        }

        base.Dispose(isDisposing);
    }

    private void Convert<T>(DataField field, int column, Span<double> numbers, Func<T, double> number)
        where T : struct
    {
        int count = numbers.Length;
        RequireCount(field, count);
        T[] values = new T[count];
        int[]? levels = field.MaxDefinitionLevel > 0 ? new int[count] : null;
        _group!.ReadRawAsync<T>(field, values, levels?.AsMemory(), null).AsTask().GetAwaiter().GetResult();
        int missing = levels is null ? -1 : Array.FindIndex(levels, level => level < field.MaxDefinitionLevel);
        if (missing >= 0)
        {
            throw Null(column, missing);
        }

        for (int i = 0; i < count; i++)
        {
            numbers[i] = number(values[i]);
        }
    }

    /// <summary>Refuses bools of version 2 of the format, of which the library makes other ones.</summary>
    private void RequirePlain(DataField field)
    {
        if (_group!.GetMetadata(field)?.MetaData?.Encodings.Contains(Encoding.PLAIN) != true)
        {
            throw new InvalidDataException($"the bools of {field.Name} are encoded by RLE: write them as integers");
        }
    }

    private void RequireCount(DataField field, int count)
    {
        long? found = _group!.GetMetadata(field)?.MetaData?.NumValues;
        if (found != count)
        {
            throw new InvalidDataException(
                string.Create(CultureInfo.InvariantCulture, $"a row group of {count} rows has {found ?? 0} values of {field.Name}"));
        }
    }

    /// <summary>
    /// Has integers and halves read as they are stored: of narrower types the library knows some encodings only, and of those some
    /// wrongly.
    /// </summary>
    /// <returns>Those of the columns that are unsigned, and those that are halves.</returns>
    private static (HashSet<SchemaElement> Unsigned, HashSet<SchemaElement> Halves) ReadAsStored(ParquetReader file)
    {
        HashSet<SchemaElement> unsigned = [];
        HashSet<SchemaElement> halves = [];
        foreach (SchemaElement column in file.Metadata!.Schema)
        {
            if (column.LogicalType?.FLOAT16 is not null && column.TypeLength == 2)
            {
                halves.Add(column);
                column.LogicalType = null;
            }
            else if (column.LogicalType?.INTEGER is not null || column.ConvertedType is >= ConvertedType.UINT_8 and <= ConvertedType.INT_64)
            {
                if (column.LogicalType?.INTEGER is IntType type ? !type.IsSigned : column.ConvertedType <= ConvertedType.UINT_64)
                {
                    unsigned.Add(column);
                }

                (column.LogicalType, column.ConvertedType) = (null, null);
            }
        }

        return (unsigned, halves);
    }

    private ColumnKind KindOf(Field field) => field switch
    {
        DataField { IsArray: true } or not DataField => ColumnKind.Nested,
        DateTimeDataField or TimeDataField => ColumnKind.Time,
        DecimalDataField or BigDecimalDataField => ColumnKind.Decimal,
        DataField data when _halves.Contains(data.SchemaElement!) => ColumnKind.Number,
        DataField data when _texts.Contains(data.ClrType) => ColumnKind.Text,
        DataField data when _times.Contains(data.ClrType) => ColumnKind.Time,
        DataField data when _numbers.Contains(data.ClrType) => ColumnKind.Number,
        _ => ColumnKind.Other,
    };
}
