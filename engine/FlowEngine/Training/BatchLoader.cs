using FlowEngine.Data;
using FlowEngine.Kernels;
using FlowEngine.Tensors;

namespace FlowEngine.Training;

/// <summary>
/// The training data in a new random order each epoch; what does not fill a batch waits for the next.
/// </summary>
/// <remarks>
/// Where the run stands is one number, the updates begun: order, noise and flips follow from it, the seed and a
/// sample's index in the data set. So a resumed run goes on with the same bits. All memory is allocated beforehand.
/// </remarks>
internal sealed class BatchLoader : IDisposable
{
    private readonly IBackend _backend;
    private readonly IDataset _data;
    private readonly ImageDataset? _mirrors;
    private readonly ulong _seed;
    private readonly int _batch;
    private readonly (int First, int Count) _part;
    private readonly int[] _order;
    private readonly bool[] _isMirrored;
    private readonly double[] _uniforms;
    private readonly DeviceBuffer _drawn;
    private readonly float[] _conditions;
    private readonly float[] _values;
    private readonly double[]? _logDet;
    private int _orderEpoch = -1;

    /// <param name="backend">Draws the numbers.</param>
    /// <param name="data">The samples.</param>
    /// <param name="conditions">(Count, N); empty for none.</param>
    /// <param name="options">The batch, the seed, and whether images are flipped.</param>
    /// <param name="part">The samples of each batch that are loaded; null for all.</param>
    /// <exception cref="FlowException">Something is to be flipped that is no image.</exception>
    public BatchLoader(IBackend backend, IDataset data, float[] conditions, TrainerOptions options, (int First, int Count)? part = null)
    {
        _mirrors = !options.Flip ? null : data as ImageDataset ?? throw new FlowException(
            FlowErrorKind.InvalidArgument, $"flip is for images, {data.Name} has {data.Unit.Plural}");
        (_backend, _data, _conditions, _seed, _batch) = (backend, data, conditions, options.Seed, options.Batch);
        _part = part ?? (0, _batch);
        _order = new int[data.Count];
        _isMirrored = new bool[options.Flip ? data.Count : 0];
        _uniforms = new double[data.Count];
        _values = new float[IsOfLevels ? 0 : _part.Count * data.Dims];
        _logDet = data.LogDet;
        _drawn = backend.Allocate(data.Count);
    }

    /// <summary>Updates in one pass over the data.</summary>
    public int BatchesPerEpoch => _order.Length / _batch;

    /// <summary>What tells these data from others.</summary>
    public string Fingerprint() => DataFingerprint.Of(_data, _conditions);

    /// <summary>The mean log-determinant of the scaling of the batch last loaded, nats.</summary>
    public double LogDet { get; private set; }

    /// <summary>True if the data are grey levels, which go in by a <see cref="StepInput"/> and are dequantized after.</summary>
    public bool IsOfLevels => _data.Bins is not null;

    /// <summary>Loads the batch of an update, or its part.</summary>
    /// <param name="update">The number of the update, from 0.</param>
    /// <param name="input">Its conditions, and of grey levels its levels and indices, are overwritten.</param>
    /// <param name="x">Of continuous values: (B, H, W, C), overwritten.</param>
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

        ReadOnlySpan<int> indices = _order.AsSpan(first + _part.First, _part.Count);
        if (IsOfLevels)
        {
            LoadLevels(indices, input);
        }
        else
        {
            _data.Fill(indices, [], _values);
            _backend.Write(_values, x);
        }

        LogDet = MeanLogDet(_order.AsSpan(first, _batch));
        Span<float> rows = input.Conditions;
        int length = rows.Length / _part.Count;
        for (int i = 0; i < indices.Length && length > 0; i++)
        {
            _conditions.AsSpan(indices[i] * length, length).CopyTo(rows[(i * length)..]);
        }

        return new PhiloxKey(_seed, (uint)RandomPurpose.TrainingNoise, (uint)epoch);
    }

    public void Dispose() => _drawn.Dispose();

    private void LoadLevels(ReadOnlySpan<int> indices, StepInput input)
    {
        Span<byte> levels = input.Levels;
        _data.Fill(indices, levels, []);
        for (int i = 0; i < indices.Length; i++)
        {
            input.Indices[i] = (uint)indices[i];
            if (_mirrors is not null && _isMirrored[indices[i]])
            {
                _mirrors.Mirror(levels.Slice(i * _data.Dims, _data.Dims));
            }
        }
    }

    private double MeanLogDet(ReadOnlySpan<int> indices)
    {
        if (_logDet is null)
        {
            return 0;
        }

        double sum = 0;
        foreach (int index in indices)
        {
            sum += _logDet[index];
        }

        return sum / indices.Length;
    }

    /// <summary>Draws what is random in an epoch: its order, by Fisher and Yates, and which images are mirrored.</summary>
    private void BeginEpoch(int epoch)
    {
        DrawUniforms(RandomPurpose.Shuffle, epoch);
        for (int i = 0; i < _order.Length; i++)
        {
            _order[i] = i;
        }

        for (int i = _order.Length - 1; i > 0; i--)
        {
            int j = (int)(_uniforms[i] * (i + 1));
            (_order[i], _order[j]) = (_order[j], _order[i]);
        }

        if (_mirrors is not null)
        {
            DrawUniforms(RandomPurpose.Flip, epoch);
            for (int i = 0; i < _isMirrored.Length; i++)
            {
                _isMirrored[i] = _uniforms[i] < 0.5;
            }
        }
    }

    /// <summary>One number in [0, 1) per sample: multiples of 2⁻²⁴, so the same in every backend.</summary>
    private void DrawUniforms(RandomPurpose purpose, int epoch)
    {
        PhiloxKey key = new(_seed, (uint)purpose, (uint)epoch);
        _backend.PhiloxUniform(key, [0], _uniforms.Length, _drawn.View);
        _backend.Read(_drawn.View, _uniforms);
    }
}
