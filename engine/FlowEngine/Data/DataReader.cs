namespace FlowEngine.Data;

/// <summary>Reads a stream forward within a known bound, so that headers are checked before memory is taken.</summary>
/// <param name="stream">The bytes, at their beginning; stays the caller's.</param>
/// <param name="name">What messages call it.</param>
/// <param name="length">Bytes the stream holds, or for a compressed one the most it can hold.</param>
/// <param name="isExact">Whether <paramref name="length"/> is the length and not only a bound.</param>
internal sealed class DataReader(Stream stream, string name, long length, bool isExact)
{
    public string Name => name;

    /// <summary>Bytes not yet read, or the most there can be.</summary>
    public long Remaining { get; private set; } = length;

    /// <summary>CRC-32 of all bytes read so far, where <see cref="ComputesCrc"/> was set before.</summary>
    public uint Crc { get; private set; }

    public bool ComputesCrc { get; init; }

    public void ReadExactly(Span<byte> destination)
    {
        int read = stream.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false);
        if (read < destination.Length)
        {
            throw DataFile.BadFormat(name, $"ends {destination.Length - read} bytes early, expected more data");
        }

        Remaining -= read;
        if (ComputesCrc)
        {
            Crc = Crc32.Append(Crc, destination);
        }
    }

    /// <summary>Fails unless the stream can hold what a header promises, before anything is allocated for it.</summary>
    /// <param name="promised">Bytes that are to follow.</param>
    /// <param name="what">What they are, for the message.</param>
    public void Expect(UInt128 promised, string what)
    {
        if (promised > (UInt128)Remaining || (isExact && promised != (UInt128)Remaining))
        {
            string bound = isExact ? "" : "at most ";
            throw DataFile.BadFormat(name, $"expected {promised} bytes of {what}, found {bound}{Remaining}");
        }
    }

    /// <summary>Fails if anything follows what was read.</summary>
    public void ExpectEnd()
    {
        if (stream.ReadByte() >= 0)
        {
            throw DataFile.BadFormat(name, "more data follows than its header says, expected the end");
        }
    }
}
