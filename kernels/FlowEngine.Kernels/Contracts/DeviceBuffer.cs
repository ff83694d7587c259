namespace FlowEngine.Kernels;

/// <summary>A block of memory of one backend. The backend that allocated it is the only one that can use it.</summary>
public abstract class DeviceBuffer : IDisposable
{
    /// <summary>Describes a block of memory.</summary>
    /// <param name="elementType">The type of its elements.</param>
    /// <param name="length">The number of elements.</param>
    protected DeviceBuffer(ElementType elementType, long length)
    {
        ElementType = elementType;
        Length = length;
    }

    /// <summary>The type of the elements.</summary>
    public ElementType ElementType { get; }

    /// <summary>The number of elements.</summary>
    public long Length { get; }

    /// <summary>The size in bytes.</summary>
    public long LengthInBytes => Length * (ElementType == ElementType.Float64 ? sizeof(double) : sizeof(float));

    /// <summary>The whole buffer.</summary>
    public BufferView View => new(this, 0, Length);

    /// <summary>Frees the memory. Further use is an error.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the memory.</summary>
    /// <param name="disposing">False when called by the finalizer.</param>
    protected abstract void Dispose(bool disposing);
}
