using System.Numerics;

using Apache.Arrow;
using Apache.Arrow.Compression;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;

using FlowEngine.Data;

namespace FlowEngine.Cli;

/// <summary>Rows of an Arrow file or stream, its buffers compressed or not; a block is a record batch.</summary>
internal sealed class ArrowRows : ColumnarRows
{
    private readonly ArrowStreamReader _file;
    private RecordBatch? _batch;

    private ArrowRows(ArrowStreamReader file, string path, TableReading reading, TableSchema? schema)
        : base(path, file.Schema.FieldsList.Select(field => field.Name), reading, schema)
    {
        _file = file;
        RequireKinds(column => KindOf(_file.Schema.GetFieldByIndex(column).DataType));
    }

    /// <summary>Opens a file.</summary>
    /// <param name="file">The file, which stays the caller's.</param>
    /// <param name="isStream">True for the format of streams, which has no footer.</param>
    /// <param name="path">Its path, for messages.</param>
    /// <param name="reading">The label column.</param>
    /// <param name="schema">What the model that is to take the rows knows of them; null for none.</param>
    /// <exception cref="FlowException">It is damaged, or a column that is to be read has no numbers.</exception>
    public static ArrowRows Open(Stream file, bool isStream, string path, TableReading reading, TableSchema? schema) => Guard(
        path,
        () =>
        {
            CompressionCodecFactory codecs = new();
            ArrowStreamReader reader = isStream
                ? new ArrowStreamReader(file, allocator: null, codecs, leaveOpen: true)
                : new ArrowFileReader(file, allocator: null, codecs, leaveOpen: true);
            reader.GetSchema().AsTask().GetAwaiter().GetResult();
            return new ArrowRows(reader, path, reading, schema);
        });

    /// <inheritdoc/>
    protected override int? OpenBlock()
    {
        _batch?.Dispose();
        _batch = _file.ReadNextRecordBatch();
        if (_batch is null)
        {
            return null;
        }

        // A row of numbers has a bit at least.
        long bytes = _batch.Arrays.Sum(array => array.Data.Buffers.Sum(buffer => (long)buffer.Length));
        return _batch.Length <= 8 * bytes
            ? _batch.Length
            : throw new InvalidDataException($"a batch of {_batch.Length} rows has {bytes} bytes");
    }

    /// <inheritdoc/>
    protected override void ReadNumbers(int column, Span<double> numbers)
    {
        int missing = Convert(_batch!.Column(column), numbers);
        if (missing >= 0)
        {
            throw Null(column, missing);
        }
    }

    /// <inheritdoc/>
    protected override void ReadText(int column, Span<string> text)
    {
        IArrowArray array = _batch!.Column(column);
        if (array is not DictionaryArray dictionary)
        {
            for (int i = 0; i < text.Length; i++)
            {
                text[i] = TextAt(array, i) ?? throw Null(column, i);
            }

            return;
        }

        double[] indices = new double[text.Length];
        int missing = Convert(dictionary.Indices, indices);
        if (missing >= 0)
        {
            throw Null(column, missing);
        }

        for (int i = 0; i < text.Length; i++)
        {
            text[i] = TextAt(dictionary.Dictionary, (int)indices[i]) ?? throw Null(column, i);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool isDisposing)
    {
        if (isDisposing)
        {
            _batch?.Dispose();
            _file.Dispose();
        }

        base.Dispose(isDisposing);
    }

    /// <summary>Numbers of an array.</summary>
    /// <returns>The first that is null, or -1.</returns>
    private static int Convert(IArrowArray array, Span<double> numbers)
    {
        for (int i = 0; i < numbers.Length && array.NullCount > 0; i++)
        {
            if (array.IsNull(i))
            {
                return i;
            }
        }

        return array switch
        {
            Int8Array values => Copy<sbyte>(values.Values, numbers),
            Int16Array values => Copy<short>(values.Values, numbers),
            Int32Array values => Copy<int>(values.Values, numbers),
            Int64Array values => Copy<long>(values.Values, numbers),
            UInt8Array values => Copy<byte>(values.Values, numbers),
            UInt16Array values => Copy<ushort>(values.Values, numbers),
            UInt32Array values => Copy<uint>(values.Values, numbers),
            UInt64Array values => Copy<ulong>(values.Values, numbers),
            HalfFloatArray values => Copy<Half>(values.Values, numbers),
            FloatArray values => Copy<float>(values.Values, numbers),
            DoubleArray values => Copy<double>(values.Values, numbers),
            BooleanArray values => Bits(values, numbers),
            DictionaryArray values => OfDictionary(values, numbers),
            _ => throw new InvalidDataException($"{array.GetType().Name} has no numbers"),
        };
    }

    private static int Copy<T>(ReadOnlySpan<T> values, Span<double> numbers)
        where T : unmanaged, INumberBase<T>
    {
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = double.CreateTruncating(values[i]);
        }

        return -1;
    }

    private static int Bits(BooleanArray values, Span<double> numbers)
    {
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = values.GetValue(i) == true ? 1 : 0;
        }

        return -1;
    }

    private static int OfDictionary(DictionaryArray array, Span<double> numbers)
    {
        double[] words = new double[array.Dictionary.Length];
        if (Convert(array.Dictionary, words) >= 0)
        {
            throw new InvalidDataException("a dictionary holds a null");
        }

        Convert(array.Indices, numbers);
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = words[(int)numbers[i]];
        }

        return -1;
    }

    private static string? TextAt(IArrowArray array, int index) => array switch
    {
        StringArray text => text.GetString(index),
        LargeStringArray text => text.GetString(index),
        StringViewArray text => text.GetString(index),
        _ => throw new InvalidDataException($"{array.GetType().Name} has no text"),
    };

    private static ColumnKind KindOf(IArrowType type) => type.TypeId switch
    {
        ArrowTypeId.Dictionary => KindOf(((DictionaryType)type).ValueType),
        ArrowTypeId.Boolean or ArrowTypeId.Int8 or ArrowTypeId.Int16 or ArrowTypeId.Int32 or ArrowTypeId.Int64
            or ArrowTypeId.UInt8 or ArrowTypeId.UInt16 or ArrowTypeId.UInt32 or ArrowTypeId.UInt64
            or ArrowTypeId.HalfFloat or ArrowTypeId.Float or ArrowTypeId.Double => ColumnKind.Number,
        ArrowTypeId.String or ArrowTypeId.LargeString or ArrowTypeId.StringView => ColumnKind.Text,
        ArrowTypeId.Timestamp or ArrowTypeId.Date32 or ArrowTypeId.Date64 or ArrowTypeId.Time32 or ArrowTypeId.Time64
            or ArrowTypeId.Duration or ArrowTypeId.Interval => ColumnKind.Time,
        ArrowTypeId.Decimal32 or ArrowTypeId.Decimal64 or ArrowTypeId.Decimal128 or ArrowTypeId.Decimal256 => ColumnKind.Decimal,
        ArrowTypeId.List or ArrowTypeId.LargeList or ArrowTypeId.ListView or ArrowTypeId.LargeListView
            or ArrowTypeId.FixedSizeList or ArrowTypeId.Struct or ArrowTypeId.Map or ArrowTypeId.Union => ColumnKind.Nested,
        _ => ColumnKind.Other,
    };
}
