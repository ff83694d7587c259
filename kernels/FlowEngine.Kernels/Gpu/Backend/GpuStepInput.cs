using System.Runtime.InteropServices;

namespace FlowEngine.Kernels.Gpu;

/// <summary>
/// The input of training steps by way of pinned memory and a stream of copies: while a step computes, the next one's
/// input is filled in and copied. Two slots on either side take turns; a copy on the device puts a slot's words where
/// every step reads them.
/// </summary>
/// <remarks>
/// In words of 32 bits: the rate; the key's low and high word, its epoch and purpose; from 16 on the indices; from the
/// next multiple of 16 on the levels, four a word; and again from the next multiple of 16 on the conditions.
/// </remarks>
internal sealed class GpuStepInput : StepInput
{
    private const int KeyPlace = 1;
    private const int KeyLength = 4;
    private const int IndicesPlace = 16;

    private readonly GpuBackend _backend;
    private readonly GpuStream _copies;
    private readonly GpuDeviceBuffer _words;
    private readonly int _levelsPlace;
    private readonly int _conditionsPlace;
    private readonly int _conditionsLength;
    private Slot _current;
    private Slot _other;
    private bool _mayWrite = true;

    public GpuStepInput(GpuBackend backend, GpuDevice device, int batch, int dims, int conditionLength)
    {
        _backend = backend;
        Batch = batch;
        Dims = dims;
        _levelsPlace = IndicesPlace + ((batch + 15) / 16 * 16);
        int levelsEnd = checked(_levelsPlace + (((batch * dims) + 3) / 4));
        _conditionsLength = checked(batch * conditionLength);
        _conditionsPlace = conditionLength > 0 ? checked((levelsEnd + 15) / 16 * 16) : levelsEnd;
        int length = checked(_conditionsPlace + _conditionsLength);
        _words = new GpuDeviceBuffer(device, length);
        _current = new Slot(device, length);
        _other = new Slot(device, length);
        _copies = device.CreateStream();

        // Another queue's work may still use memory that the pool handed out.
        backend.Synchronize();
    }

    public int Batch { get; }

    public int Dims { get; }

    public override Span<byte> Levels =>
        MemoryMarshal.AsBytes(Words().Slice(_levelsPlace))[..(Batch * Dims)];

    public override Span<uint> Indices => Words().Slice(IndicesPlace, Batch);

    public override Span<float> Conditions =>
        MemoryMarshal.Cast<uint, float>(Words().Slice(_conditionsPlace, _conditionsLength));

    public override BufferView SentConditions => _words.View.Slice(_conditionsPlace, _conditionsLength);

    public override BufferView Rate => _words.View.Slice(0, 1);

    public GpuView<uint> DeviceKey => Device.Slice(KeyPlace, KeyLength);

    public GpuView<uint> DeviceIndices => Device.Slice(IndicesPlace, Batch);

    public GpuView<byte> DeviceLevels =>
        Device.Slice(_levelsPlace, (((long)Batch * Dims) + 3) / 4).As<byte>().Slice(0, (long)Batch * Dims);

    private GpuView<uint> Device => _words.Elements.As<uint>();

    public override void Send(PhiloxKey key, double rate)
    {
        Span<uint> words = Words();
        words[0] = BitConverter.SingleToUInt32Bits((float)rate);
        words[KeyPlace] = (uint)key.Seed;
        words[KeyPlace + 1] = (uint)(key.Seed >> 32);
        words[KeyPlace + 2] = key.Epoch;
        words[KeyPlace + 3] = key.Purpose;
        _copies.Wait(_current.Taken);
        _copies.CopyToDevice<uint>(words, _current.Device);
        _copies.Record(_current.Arrived);
        _backend.Take(_current.Arrived, _current.Device, Device, _current.Taken);
        (_current, _other) = (_other, _current);
        _mayWrite = false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            // The copies wait for steps, and steps for copies: all of both, before the memory goes to others.
            _backend.Synchronize();
            _copies.Dispose();
            _words.Dispose();
            _current.Dispose();
            _other.Dispose();
        }
    }

    // The slot that is filled in; the copy from it before must be done.
    private Span<uint> Words()
    {
        if (!_mayWrite)
        {
            _current.Arrived.Synchronize();
            _mayWrite = true;
        }

        return _current.Host.Span;
    }

    /// <summary>One input on its way.</summary>
    private sealed class Slot(GpuDevice device, int length) : IDisposable
    {
        public PinnedBuffer<uint> Host { get; } = device.AllocatePinned<uint>(length);

        public GpuBuffer<uint> Device { get; } = device.Allocate<uint>(length);

        public GpuEvent Arrived { get; } = device.CreateEvent();

        public GpuEvent Taken { get; } = device.CreateEvent();

        public void Dispose()
        {
            Host.Dispose();
            Device.Dispose();
            Arrived.Dispose();
            Taken.Dispose();
        }
    }
}
