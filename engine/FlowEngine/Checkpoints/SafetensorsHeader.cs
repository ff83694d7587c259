using System.Buffers;
using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace FlowEngine.Checkpoints;

/// <summary>
/// The front of a safetensors file: a little-endian u64 length, then that many bytes of JSON,
/// <c>{"__metadata__": {text: text}, name: {"dtype", "shape", "data_offsets": [begin, end]}}</c>, space-padded.
/// Offsets count bytes from the end of the JSON.
/// </summary>
internal sealed class SafetensorsHeader
{
    internal const string MetadataName = "__metadata__";
    internal const int PrefixLengthInBytes = 8;

    /// <summary>The limit of the format's own library: no real header comes near, and it bounds the parser.</summary>
    internal const int MaximumLengthInBytes = 100_000_000;

    private const int Alignment = 8;
    private const int MaximumRank = 64;
    private const int RootEntryAndArray = 3;

    private SafetensorsHeader(Entry[] entries, Dictionary<string, string> metadata)
    {
        Entries = entries;
        Metadata = metadata;
    }

    /// <summary>The tensors in the order of their bytes, which they tile without gap or overlap.</summary>
    internal IReadOnlyList<Entry> Entries { get; }

    internal IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Parses and checks a header; any fault is one <see cref="FormatException"/>.</summary>
    internal static SafetensorsHeader Parse(ReadOnlySpan<byte> json, long dataLengthInBytes)
    {
        try
        {
            var metadata = new Dictionary<string, string>();
            Entry[] entries = [.. ReadRoot(json, metadata).OrderBy(entry => entry.Begin).ThenBy(entry => entry.End)];
            CheckTiling(entries, dataLengthInBytes);
            return new SafetensorsHeader(entries, metadata);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // InvalidOperationException is what the JSON reader says of text that is not UTF-8.
            throw new FormatException($"the header is not valid JSON: {exception.Message}", exception);
        }
    }

    /// <summary>Length prefix and padded JSON for tensors stored one after another in the given order.</summary>
    /// <exception cref="FlowException">A name is used twice, or the header would be too long to read back.</exception>
    internal static ReadOnlyMemory<byte> Format(
        IEnumerable<NamedTensor> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        buffer.GetSpan(PrefixLengthInBytes)[..PrefixLengthInBytes].Clear();
        buffer.Advance(PrefixLengthInBytes);
        using (Utf8JsonWriter writer = new(
            buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            WriteMetadata(writer, metadata);
            WriteEntries(writer, tensors);
            writer.WriteEndObject();
        }

        int padding = -buffer.WrittenCount & (Alignment - 1);
        buffer.GetSpan(Alignment)[..padding].Fill((byte)' ');
        buffer.Advance(padding);
        int length = buffer.WrittenCount - PrefixLengthInBytes;
        if (length > MaximumLengthInBytes)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"the names and metadata take {length} bytes; a safetensors header has at most {MaximumLengthInBytes}");
        }

        byte[] header = buffer.WrittenSpan.ToArray();
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)length);
        return header;
    }

    private static void WriteMetadata(Utf8JsonWriter writer, IReadOnlyDictionary<string, string>? metadata)
    {
        if (metadata is null || metadata.Count == 0)
        {
            return;
        }

        writer.WriteStartObject(MetadataName);
        foreach ((string key, string value) in metadata)
        {
            if (!NamedTensor.IsWellFormed(key) || !NamedTensor.IsWellFormed(value))
            {
                throw new FlowException(
                    FlowErrorKind.InvalidArgument, $"metadata {NamedTensor.Quote(key)} is not well-formed Unicode");
            }

            writer.WriteString(key, value);
        }

        writer.WriteEndObject();
    }

    private static void WriteEntries(Utf8JsonWriter writer, IEnumerable<NamedTensor> tensors)
    {
        var names = new HashSet<string>();
        long offset = 0;
        foreach (NamedTensor tensor in tensors)
        {
            if (!names.Add(tensor.Name))
            {
                throw new FlowException(
                    FlowErrorKind.InvalidArgument, $"two tensors are named {NamedTensor.Quote(tensor.Name)}");
            }

            writer.WriteStartObject(tensor.Name);
            writer.WriteString("dtype", TensorTypes.NameOf(tensor.Type));
            writer.WriteStartArray("shape");
            foreach (long dimension in tensor.Shape)
            {
                writer.WriteNumberValue(dimension);
            }

            writer.WriteEndArray();
            writer.WriteStartArray("data_offsets");
            writer.WriteNumberValue(offset);
            offset += tensor.LengthInBytes;
            writer.WriteNumberValue(offset);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
    }

    private static List<Entry> ReadRoot(ReadOnlySpan<byte> json, Dictionary<string, string> metadata)
    {
        if (json.IsEmpty || json[0] != (byte)'{')
        {
            throw new FormatException("the header does not begin with '{'");
        }

        var entries = new List<Entry>();
        var names = new HashSet<string>();
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = RootEntryAndArray });
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            if (!names.Add(name))
            {
                throw new FormatException($"the header names {NamedTensor.Quote(name)} twice");
            }

            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                throw new FormatException($"the header's {NamedTensor.Quote(name)} is not an object");
            }

            if (name == MetadataName)
            {
                ReadMetadata(ref reader, metadata);
            }
            else
            {
                entries.Add(ReadEntry(ref reader, name));
            }
        }

        // Whatever but white space follows the root object makes this throw.
        reader.Read();
        return entries;
    }

    private static void ReadMetadata(ref Utf8JsonReader reader, Dictionary<string, string> metadata)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.String || !metadata.TryAdd(key, reader.GetString()!))
            {
                throw new FormatException($"metadata {NamedTensor.Quote(key)} is not a text, or there twice");
            }
        }
    }

    private static Entry ReadEntry(ref Utf8JsonReader reader, string name)
    {
        string? type = null;
        long[]? shape = null;
        long[]? offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string field = reader.GetString()!;
            reader.Read();
            switch (field)
            {
                case "dtype" when type is null && reader.TokenType == JsonTokenType.String:
                    type = reader.GetString();
                    break;
                case "shape" when shape is null:
                    shape = ReadIntegers(ref reader, name, field);
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ReadIntegers(ref reader, name, field);
                    break;
                default:
                    throw new FormatException(
                        $"tensor {NamedTensor.Quote(name)}: field {NamedTensor.Quote(field)} is unknown or misused");
            }
        }

        if (type is null || shape is null || offsets is not [long begin, long end])
        {
            throw new FormatException($"tensor {NamedTensor.Quote(name)} lacks dtype, shape or two data_offsets");
        }

        TensorType known = TensorTypes.Find(type) ?? throw new FormatException(
            $"tensor {NamedTensor.Quote(name)} has type {NamedTensor.Quote(type)}; known are {TensorTypes.KnownNames}");
        long count = TensorTypes.CountElements(shape);
        int elementSize = TensorTypes.ElementSize(known);
        if (count < 0 || count > int.MaxValue / elementSize)
        {
            throw new FormatException(
                $"tensor {NamedTensor.Quote(name)}: shape {NamedTensor.Describe(shape)} is impossible, " +
                "or 2 GiB or more");
        }

        return begin >= 0 && end >= begin && end - begin == count * elementSize
            ? new Entry(name, known, shape, begin, end)
            : throw new FormatException(
                $"tensor {NamedTensor.Quote(name)}: {type} {NamedTensor.Describe(shape)} takes " +
                $"{count * elementSize} bytes, but its data_offsets are {begin} to {end}");
    }

    private static long[] ReadIntegers(ref Utf8JsonReader reader, string name, string field)
    {
        var values = new List<long>();
        bool valid = reader.TokenType == JsonTokenType.StartArray;
        while (valid && reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            valid = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long value) &&
                Append(values, value);
        }

        return valid ? [.. values] : throw new FormatException(
            $"tensor {NamedTensor.Quote(name)}: {field} is not a list of at most {MaximumRank} integers");
    }

    private static bool Append(List<long> values, long value)
    {
        values.Add(value);
        return values.Count <= MaximumRank;
    }

    private static void CheckTiling(Entry[] entries, long dataLengthInBytes)
    {
        long expected = 0;
        foreach (Entry entry in entries)
        {
            if (entry.Begin != expected)
            {
                throw new FormatException(
                    $"tensor {NamedTensor.Quote(entry.Name)} begins at byte {entry.Begin} of the data, " +
                    $"but the tensors before it end at {expected}");
            }

            expected = entry.End;
        }

        if (expected != dataLengthInBytes)
        {
            throw new FormatException(
                $"the tensors take {expected} bytes, but {dataLengthInBytes} follow the header: truncated or damaged");
        }
    }

    /// <summary>Where a tensor lies: bytes <paramref name="Begin"/> to <paramref name="End"/> of the data.</summary>
    internal readonly record struct Entry(string Name, TensorType Type, long[] Shape, long Begin, long End);
}
