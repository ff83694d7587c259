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
