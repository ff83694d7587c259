using FlowEngine.Kernels;
using FlowEngine.Tensors;

namespace FlowEngine.Training;

/// <summary>
/// The training data in a new random order each epoch; what does not fill a batch waits for the next.
/// </summary>
/// <remarks>
/// Where the run stands is one number, the updates begun: order, noise and flips follow from it, the seed and a
/// datum's index in the data set. So a resumed run goes on with the same bits. All memory is allocated beforehand.
/// </remarks>
internal abstract class BatchLoader : IDisposable
{
    private readonly IBackend _backend;
    private readonly ulong _seed;
    private readonly int _batch;
    private readonly int[] _order;
    private readonly double[] _uniforms;
    private readonly DeviceBuffer _drawn;
    private readonly float[] _conditions;
    private int _orderEpoch = -1;

    /// <param name="backend">Draws the numbers.</param>
    /// <param name="count">Data.</param>
    /// <param name="conditions">(count, N); empty for none.</param>
    /// <param name="batch">Data of a batch.</param>
    /// <param name="seed">The seed of everything random.</param>
    protected BatchLoader(IBackend backend, int count, float[] conditions, int batch, ulong seed)
    {
        _conditions = conditions;
        (_backend, _seed, _batch) = (backend, seed, batch);
        _order = new int[count];
        _uniforms = new double[count];
        _drawn = backend.Allocate(count);
    }

    /// <summary>Updates in one pass over the data.</summary>
    public int BatchesPerEpoch => _order.Length / _batch;

    /// <summary>The mean log-determinant of the scaling of the batch last loaded, nats; 0 for images.</summary>
    public virtual double LogDet => 0;

    /// <summary>True if the data are grey levels, which go in by a <see cref="StepInput"/> and are dequantized after.</summary>
    public abstract bool IsOfLevels { get; }

    /// <summary>Loads the batch of an update.</summary>
    /// <param name="update">The number of the update, from 0.</param>
    /// <param name="input">Of grey levels: its levels and indices are overwritten.</param>
    /// <param name="x">Of other data: (B, H, W, C), overwritten.</param>
    /// <returns>The stream of its noise; the epoch it belongs to is the stream's.</returns>
    public PhiloxKey Load(long update, StepInput input, BufferView x)
    {
        int epoch = (int)(update / BatchesPerEpoch);
        int first = (int)(update % BatchesPerEpoch) * _batch;
        if (epoch != _orderEpoch)
        {
            BeginEpoch(epoch);
            _orderEpoch = epoch;
        }

        ReadOnlySpan<int> indices = _order.AsSpan(first, _batch);
        Load(indices, input, x);
        Span<float> rows = input.Conditions;
        int length = rows.Length / _batch;
        for (int i = 0; i < indices.Length && length > 0; i++)
        {
            _conditions.AsSpan(indices[i] * length, length).CopyTo(rows[(i * length)..]);
        }

        return new PhiloxKey(_seed, (uint)RandomPurpose.TrainingNoise, (uint)epoch);
    }

    public void Dispose() => _drawn.Dispose();

    /// <summary>Loads some data.</summary>
    /// <param name="indices">Their indices in the data set.</param>
    /// <param name="input">As for the batch of an update.</param>
    /// <param name="x">Likewise.</param>
    protected abstract void Load(ReadOnlySpan<int> indices, StepInput input, BufferView x);

    /// <summary>Draws what is random in an epoch, first of all its order.</summary>
    protected virtual void BeginEpoch(int epoch)
    {
        // Fisher and Yates.
        ReadOnlySpan<double> uniforms = DrawUniforms(RandomPurpose.Shuffle, epoch);
        for (int i = 0; i < _order.Length; i++)
        {
            _order[i] = i;
        }

        for (int i = _order.Length - 1; i > 0; i--)
        {
            int j = (int)(uniforms[i] * (i + 1));
            (_order[i], _order[j]) = (_order[j], _order[i]);
        }
    }

    /// <summary>One number in [0, 1) per datum: multiples of 2⁻²⁴, so the same in every backend.</summary>
    protected ReadOnlySpan<double> DrawUniforms(RandomPurpose purpose, int epoch)
    {
        PhiloxKey key = new(_seed, (uint)purpose, (uint)epoch);
        _backend.PhiloxUniform(key, [0], _uniforms.Length, _drawn.View);
        _backend.Read(_drawn.View, _uniforms);
        return _uniforms;
    }
}
