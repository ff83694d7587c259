namespace FlowEngine.Data;

/// <summary>Reads a stream forward within a known bound, so that headers are checked before memory is taken.</summary>
/// <param name="stream">The bytes, at their beginning; stays the caller's.</param>
/// <param name="name">What messages call it.</param>
/// <param name="length">Bytes the stream holds, or for a compressed one the most it can hold.</param>
/// <param name="isExact">Whether <paramref name="length"/> is the length and not only a bound.</param>
internal sealed class DataReader(Stream stream, string name, long length, bool isExact)
{
    private const int FirstTaken = 1 << 20;

    // An array beside its elements, and its place in a list that grows.
    private const int CostOfArray = 48;
    private const int MostCost = 16;
    private const long FreeCost = 1 << 25;

    public string Name => name;

    /// <summary>Bytes read so far.</summary>
    public long Position { get; private set; }

    /// <summary>Bytes not yet read, or the most there can be.</summary>
    public long Remaining { get; private set; } = length;

    /// <summary>CRC-32 of all bytes read so far, where <see cref="ComputesCrc"/> was set before.</summary>
    public uint Crc { get; private set; }

    public bool ComputesCrc { get; init; }

    /// <summary>True where the length is a claim of what packed the data: memory is not taken by it.</summary>
    public bool IsPacked { get; init; } = !isExact;

    public void ReadExactly(Span<byte> destination)
    {
        int read = stream.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false);
        if (read < destination.Length)
        {
            throw DataFile.BadFormat(name, $"ends {destination.Length - read} bytes early, expected more data");
        }

        Remaining -= read;
        Position += read;
        if (ComputesCrc)
        {
            Crc = Crc32.Append(Crc, destination);
        }
    }

    /// <summary>The next bytes, in an array that grows as they come where their number is only a claim.</summary>
    public byte[] ReadBytes(long count)
    {
        byte[] bytes = new byte[IsPacked ? Math.Min(count, FirstTaken) : count];
        ReadExactly(bytes);
        while (bytes.Length < count)
        {
            int read = bytes.Length;
            Array.Resize(ref bytes, (int)Math.Min(count, 2L * read));
            ReadExactly(bytes.AsSpan(read));
        }

        return bytes;
    }

    /// <summary>Fails where packed data are so many small ones that each costs far more than its bytes.</summary>
    /// <param name="count">How many: images or rows.</param>
    /// <param name="storedLength">Bytes of one in the file.</param>
    /// <param name="length">Bytes of one in memory.</param>
    /// <param name="what">What they are, for the message.</param>
    public void ExpectWorth(long count, long storedLength, long length, string what)
    {
        long excess = length + CostOfArray - (MostCost * storedLength);
        if (IsPacked && excess > 0 && count > FreeCost / excess)
        {
            throw DataFile.BadFormat(
                name, $"has {count} {what} of {storedLength} bytes, expected at most {FreeCost / excess} of such small ones");
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
