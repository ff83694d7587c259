using System.Buffers.Binary;
using System.Text;

namespace FlowEngine.Fuzz;

/// <summary>The bytes of an input as it grows; the memory serves one input after another.</summary>
internal sealed class Output
{
    private byte[] _bytes = new byte[1 << 12];

    /// <summary>How many there are.</summary>
    public int Length { get; private set; }

    /// <summary>The bytes.</summary>
    public Span<byte> Span => _bytes.AsSpan(0, Length);

    /// <summary>The bytes, until the next are written.</summary>
    public ReadOnlyMemory<byte> Memory => _bytes.AsMemory(0, Length);

    /// <summary>Begins anew, or cuts what is there.</summary>
    public void Cut(int length = 0) => Length = Math.Min(length, Length);

    public void Add(byte value) => Take(1)[0] = value;

    public void Add(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    public void Add(string text) => Encoding.UTF8.GetBytes(text, Take(Encoding.UTF8.GetByteCount(text)));

    public void Little16(int value) => BinaryPrimitives.WriteUInt16LittleEndian(Take(2), (ushort)value);

    public void Little32(long value) => BinaryPrimitives.WriteUInt32LittleEndian(Take(4), (uint)value);

    public void Little64(long value) => BinaryPrimitives.WriteInt64LittleEndian(Take(8), value);

    public void Big32(long value) => BinaryPrimitives.WriteUInt32BigEndian(Take(4), (uint)value);

    /// <summary>Room for bytes, which begin as zeros.</summary>
    public Span<byte> Take(int count)
    {
        if (_bytes.Length - Length < count)
        {
            Array.Resize(ref _bytes, Math.Max(2 * _bytes.Length, Length + count));
        }

        Length += count;
        Span<byte> taken = _bytes.AsSpan(Length - count, count);
        taken.Clear();
        return taken;
    }

    /// <summary>Puts bytes in the place of others.</summary>
    public void Replace(int start, int count, ReadOnlySpan<byte> bytes)
    {
        int tail = Length - start - count;
        Take(Math.Max(0, bytes.Length - count));
        _bytes.AsSpan(start + count, tail).CopyTo(_bytes.AsSpan(start + bytes.Length));
        bytes.CopyTo(_bytes.AsSpan(start));
        Length = start + bytes.Length + tail;
    }
}
