using System.Numerics;

namespace FlowEngine.Kernels.Host;

/// <summary>The input of a training step where it is used: operations have read it when their calls return.</summary>
internal sealed unsafe class HostStepInput<T>(int batch, int dims, int conditionLength) : StepInput
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly byte[] _levels = new byte[batch * dims];
    private readonly uint[] _indices = new uint[batch];
    private readonly float[] _conditions = new float[batch * conditionLength];
    private readonly HostBuffer<T> _sentConditions = new(batch * conditionLength);
    private readonly HostBuffer<T> _rate = new(1);

    public override Span<byte> Levels => _levels;

    public override Span<uint> Indices => _indices;

    public override Span<float> Conditions => _conditions;

    public override BufferView SentConditions => _sentConditions.View;

    public override BufferView Rate => _rate.View;

    /// <summary>The stream of the noise, as it was sent.</summary>
    public PhiloxKey Key { get; private set; }

    public override void Send(PhiloxKey key, double rate)
    {
        Key = key;
        *_rate.Pointer = T.CreateTruncating(rate);
        for (int i = 0; i < _conditions.Length; i++)
        {
            _sentConditions.Pointer[i] = T.CreateTruncating(_conditions[i]);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _rate.Dispose();
            _sentConditions.Dispose();
        }
    }
}
