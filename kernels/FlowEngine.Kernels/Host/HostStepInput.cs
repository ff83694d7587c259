using System.Numerics;

namespace FlowEngine.Kernels.Host;

/// <summary>The input of a training step where it is used: operations have read it when their calls return.</summary>
internal sealed unsafe class HostStepInput<T>(int batch, int dims) : StepInput
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly byte[] _levels = new byte[batch * dims];
    private readonly uint[] _indices = new uint[batch];
    private readonly HostBuffer<T> _rate = new(1);

    public override Span<byte> Levels => _levels;

    public override Span<uint> Indices => _indices;

    public override BufferView Rate => _rate.View;

    /// <summary>The stream of the noise, as it was sent.</summary>
    public PhiloxKey Key { get; private set; }

    public override void Send(PhiloxKey key, double rate)
    {
        Key = key;
        *_rate.Pointer = T.CreateTruncating(rate);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _rate.Dispose();
        }
    }
}
