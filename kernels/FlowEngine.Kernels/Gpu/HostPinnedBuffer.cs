namespace FlowEngine.Kernels.Gpu;

/// <summary>Host memory of a runner whose copies are done when they return.</summary>
internal sealed class HostPinnedBuffer<T>(int length) : PinnedBuffer<T>
    where T : unmanaged
{
    private readonly T[] _elements = new T[length];

    public override Span<T> Span => _elements;

    protected override void Dispose(bool disposing)
    {
    }
}
