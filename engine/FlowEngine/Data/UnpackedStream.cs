namespace FlowEngine.Data;

/// <summary>What a packed file holds, up to its limit.</summary>
/// <param name="content">The unpacked bytes.</param>
/// <param name="name">What messages call the file.</param>
/// <param name="limit">The most bytes: see <see cref="ReadLimits.Of"/>.</param>
internal sealed class UnpackedStream(Stream content, string name, long limit) : Stream
{
    private long _read;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        int read = content.Read(buffer);
        _read += read;
        return _read <= limit ? read : throw ReadLimits.Exceeded(name, limit);
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            content.Dispose();
        }

        base.Dispose(disposing);
    }
}
