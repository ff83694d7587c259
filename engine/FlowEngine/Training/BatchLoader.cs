using FlowEngine.Data;
using FlowEngine.Kernels;
using FlowEngine.Kernels.Reference;
using FlowEngine.Tensors;

namespace FlowEngine.Training;

/// <summary>
/// The training data in a new random order each epoch; what does not fill a batch waits for the next.
/// </summary>
/// <remarks>
/// Where the run stands is one number, the updates begun: order, noise and flips follow from it, the seed and a
/// sample's index in the data set. So a resumed run goes on with the same bits. All memory is allocated beforehand.
/// The order of up to <see cref="MostShuffled"/> samples is a shuffled list, of more a <see cref="KeyedOrder"/>: it depends on
/// their number only, and not on where they are kept.
/// </remarks>
internal sealed class BatchLoader
{
    /// <summary>The most samples whose order is a list.</summary>
    internal const int MostShuffled = 1 << 20;

    private readonly IBackend _backend;
    private readonly IDataset _data;
    private readonly ImageDataset? _mirrors;
    private readonly ulong _seed;
    private readonly int _batch;
    private readonly (int First, int Count) _part;
    private readonly float[] _conditions;
    private readonly float[] _values;
    private readonly double[]? _logDet;
    private readonly float[]? _noise;
    private readonly int[] _indices;
    private int[]? _shuffled;
    private KeyedOrder _keyed;
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
        IsKeyed = data.Count > MostShuffled;
        _values = new float[IsOfLevels ? 0 : _part.Count * data.Dims];
        _logDet = data.LogDet;
        _noise = data.Noise;
        _indices = new int[_part.Count];
    }

    /// <summary>True if the order is a <see cref="KeyedOrder"/>. A run that began before this order existed
    /// keeps its list.</summary>
    public bool IsKeyed
    {
        get => _shuffled is null;
        set => (_shuffled, _orderEpoch) = (value ? null : _shuffled ?? new int[_data.Count], -1);
    }

    /// <summary>Updates in one pass over the data.</summary>
    public int BatchesPerEpoch => _data.Count / _batch;

    /// <summary>What tells these data from others.</summary>
    public string Fingerprint() => DataFingerprint.Of(_data, _conditions);

    /// <summary>The mean log-determinant of the scaling of the batch last loaded, nats.</summary>
    public double LogDet { get; private set; }

    /// <summary>True if the data are grey levels, which go in by a <see cref="StepInput"/> and are dequantized after.</summary>
    public bool IsOfLevels => _data.Bins is not null;

    /// <summary>Writes the batch of an update as the model sees it: grey levels are dequantized.</summary>
    /// <param name="update">The number of the update, from 0.</param>
    /// <param name="input">Is overwritten, and sent.</param>
    /// <param name="rate">The learning rate that is sent along.</param>
    /// <param name="x">(B, H, W, C), overwritten.</param>
    public void LoadAsSeen(long update, StepInput input, double rate, BufferView x)
    {
        input.Send(Load(update, input, x), rate);
        if (_data.Bins is int bins)
        {
            _backend.Dequantize(input, bins, x);
        }
    }

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

        for (int i = 0; i < _indices.Length; i++)
        {
            _indices[i] = SampleAt(first + _part.First + i);
        }

        ReadOnlySpan<int> indices = _indices;
        if (IsOfLevels)
        {
            LoadLevels(indices, epoch, input);
        }
        else
        {
            _data.Fill(indices, [], _values);
            AddNoise(indices, epoch);
            _backend.Write(_values, x);
        }

        LogDet = MeanLogDet(first);
        Span<float> rows = input.Conditions;
        int length = rows.Length / _part.Count;
        for (int i = 0; i < indices.Length && length > 0; i++)
        {
            _conditions.AsSpan(indices[i] * length, length).CopyTo(rows[(i * length)..]);
        }

        return new PhiloxKey(_seed, (uint)RandomPurpose.TrainingNoise, (uint)epoch);
    }

    private void AddNoise(ReadOnlySpan<int> indices, int epoch)
    {
        PhiloxKey key = new(_seed, (uint)RandomPurpose.TrainingNoise, (uint)epoch);
        for (int k = 0; k < _noise?.Length; k++)
        {
            for (int i = 0; i < indices.Length && _noise[k] > 0; i++)
            {
                _values[(i * _noise.Length) + k] += _noise[k] * (float)PhiloxReference.Normal<double>(key, (uint)indices[i], k);
            }
        }
    }

    private void LoadLevels(ReadOnlySpan<int> indices, int epoch, StepInput input)
    {
        PhiloxKey flips = new(_seed, (uint)RandomPurpose.Flip, (uint)epoch);
        Span<byte> levels = input.Levels;
        _data.Fill(indices, levels, []);
        for (int i = 0; i < indices.Length; i++)
        {
            input.Indices[i] = (uint)indices[i];
            if (_mirrors is not null && PhiloxReference.Uniform(flips, 0, indices[i]) < 0.5)
            {
                _mirrors.Mirror(levels.Slice(i * _data.Dims, _data.Dims));
            }
        }
    }

    private int SampleAt(int place) => _shuffled is null ? _keyed[place] : _shuffled[place];

    private double MeanLogDet(int first)
    {
        if (_logDet is null)
        {
            return 0;
        }

        double sum = 0;
        for (int place = first; place < first + _batch; place++)
        {
            sum += _logDet[SampleAt(place)];
        }

        return sum / _batch;
    }

    /// <summary>The order of an epoch; a list is shuffled by Fisher and Yates.</summary>
    private void BeginEpoch(int epoch)
    {
        if (_shuffled is null)
        {
            _keyed = new KeyedOrder(_data.Count, _seed, epoch);
            return;
        }

        for (int i = 0; i < _shuffled.Length; i++)
        {
            _shuffled[i] = i;
        }

        PhiloxKey key = new(_seed, (uint)RandomPurpose.Shuffle, (uint)epoch);
        for (int i = _shuffled.Length - 1; i > 0; i--)
        {
            int j = (int)(PhiloxReference.Uniform(key, 0, i) * (i + 1));
            (_shuffled[i], _shuffled[j]) = (_shuffled[j], _shuffled[i]);
        }
    }
}
