using System.Diagnostics.CodeAnalysis;

using Google.Protobuf;

namespace FlowEngine.Onnx.Format;

/// <summary>One protobuf message, written field by field. The numbers of the fields are those of onnx.proto.</summary>
[SuppressMessage("Design", "CA1001", Justification = "Its streams are memory.")]
internal sealed class ProtoMessage
{
    // A file has many small messages.
    private const int BufferLengthInBytes = 256;

    private readonly MemoryStream _bytes = new();
    private readonly CodedOutputStream _output;

    public ProtoMessage() => _output = new CodedOutputStream(_bytes, BufferLengthInBytes, leaveOpen: true);

    /// <summary>An integer, or a number of an enumeration.</summary>
    public ProtoMessage Add(int field, long value)
    {
        _output.WriteTag(field, WireFormat.WireType.Varint);
        _output.WriteInt64(value);
        return this;
    }

    /// <summary>A number.</summary>
    public ProtoMessage Add(int field, float value)
    {
        _output.WriteTag(field, WireFormat.WireType.Fixed32);
        _output.WriteFloat(value);
        return this;
    }

    /// <summary>A text.</summary>
    public ProtoMessage Add(int field, string value)
    {
        _output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        _output.WriteString(value);
        return this;
    }

    /// <summary>Bytes.</summary>
    public ProtoMessage Add(int field, ReadOnlyMemory<byte> value)
    {
        _output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        _output.WriteBytes(UnsafeByteOperations.UnsafeWrap(value));
        return this;
    }

    /// <summary>A message.</summary>
    public ProtoMessage Add(int field, ProtoMessage value) => Add(field, value.Bytes());

    /// <summary>Messages, one after the other.</summary>
    public ProtoMessage Add(int field, IEnumerable<ProtoMessage> values)
    {
        foreach (ProtoMessage value in values)
        {
            Add(field, value);
        }

        return this;
    }

    /// <summary>Texts, one after the other.</summary>
    public ProtoMessage Add(int field, IEnumerable<string> values)
    {
        foreach (string value in values)
        {
            Add(field, value);
        }

        return this;
    }

    /// <summary>What was written.</summary>
    public ReadOnlyMemory<byte> Bytes()
    {
        _output.Flush();
        return _bytes.GetBuffer().AsMemory(0, (int)_bytes.Length);
    }
}
