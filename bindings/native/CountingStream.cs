namespace FlowEngine.Native;

/// <summary>Writes to memory of C as much as fits and counts all.</summary>
internal sealed unsafe class CountingStream(byte* target, nuint capacity) : Stream
{
    private long _length;

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <summary>Bytes written, those that did not fit among them.</summary>
    public override long Length => _length;

    /// <summary>Room.</summary>
    public long Capacity { get; } = (long)Math.Min(capacity, long.MaxValue);

    /// <inheritdoc/>
    public override long Position
    {
        get => _length;
        set => throw new NotSupportedException();
    }

    /// <summary>Gives to C what is saved to a stream. Where it does not fit, only its length is written.</summary>
    /// <param name="save">Saves it.</param>
    /// <param name="bytes">NULL to ask for the length.</param>
    /// <param name="capacityInBytes">Room at the bytes.</param>
    /// <param name="lengthInBytes">Receives the length.</param>
    /// <param name="what">What errors call it.</param>
    public static void Give(
        Action<Stream> save, byte* bytes, nuint capacityInBytes, nuint* lengthInBytes, string what)
    {
        Check.NotNull(lengthInBytes, "length_bytes");
        using CountingStream target = new(bytes, bytes is null ? 0 : capacityInBytes);
        save(target);
        *lengthInBytes = (nuint)target.Length;
        if (bytes is not null && target.Length > target.Capacity)
        {
            throw Check.Invalid($"capacity_bytes is {capacityInBytes}, {what} needs {target.Length}");
        }
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        // Only whole parts: a checkpoint that does not fit is of no use anyway.
        if (_length + buffer.Length <= Capacity)
        {
            buffer.CopyTo(new Span<byte>(target + _length, buffer.Length));
        }

        _length += buffer.Length;
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();
}
