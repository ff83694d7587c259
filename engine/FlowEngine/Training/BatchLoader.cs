using FlowEngine.Data;
using FlowEngine.Kernels;
using FlowEngine.Tensors;

namespace FlowEngine.Training;

/// <summary>
/// The training images in a new random order each epoch; images that do not fill a batch wait for the next.
/// </summary>
/// <remarks>
/// Where the run stands is one number, the updates begun: order, noise and flips follow from it, the seed and an
/// image's index in the data set. So a resumed run goes on with the same bits. All memory is allocated beforehand.
/// </remarks>
internal sealed class BatchLoader : IDisposable
{
    private readonly IBackend _backend;
    private readonly ImageDataset _data;
    private readonly ulong _seed;
    private readonly bool _flip;
    private readonly int _batch;
    private readonly int[] _order;
    private readonly bool[] _mirrored;
    private readonly double[] _uniforms;
    private readonly DeviceBuffer _drawn;
    private int _orderEpoch = -1;

    public BatchLoader(IBackend backend, ImageDataset data, int batch, ulong seed, bool flip)
    {
        _backend = backend;
        _data = data;
        _seed = seed;
        _flip = flip;
        _batch = batch;
        _order = new int[data.Count];
        _mirrored = new bool[flip ? data.Count : 0];
        _uniforms = new double[data.Count];
        _drawn = backend.Allocate(data.Count);
    }

    /// <summary>Updates in one pass over the data.</summary>
    public int BatchesPerEpoch => _data.Count / _batch;

    /// <summary>Fills in the batch of an update.</summary>
    /// <param name="update">The number of the update, from 0.</param>
    /// <param name="input">Its levels and indices are overwritten.</param>
    /// <returns>The stream of its noise; the epoch it belongs to is the stream's.</returns>
    public PhiloxKey Load(long update, StepInput input)
    {
        int epoch = (int)(update / BatchesPerEpoch);
        int first = (int)(update % BatchesPerEpoch) * _batch;
        if (epoch != _orderEpoch)
        {
            BeginEpoch(epoch);
        }

        Span<byte> levels = input.Levels;
        Span<uint> indices = input.Indices;
        int dims = levels.Length / _batch;
        for (int i = 0; i < _batch; i++)
        {
            int index = _order[first + i];
            indices[i] = (uint)index;
            Span<byte> target = levels.Slice(i * dims, dims);
            _data[index].CopyTo(target);
            if (_flip && _mirrored[index])
            {
                Mirror(target);
            }
        }

        return new PhiloxKey(_seed, (uint)RandomPurpose.TrainingNoise, (uint)epoch);
    }

    public void Dispose() => _drawn.Dispose();

    private void BeginEpoch(int epoch)
    {
        // Fisher and Yates.
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

        if (_flip)
        {
            DrawUniforms(RandomPurpose.Flip, epoch);
            for (int i = 0; i < _mirrored.Length; i++)
            {
                _mirrored[i] = _uniforms[i] < 0.5;
            }
        }

        _orderEpoch = epoch;
    }

    /// <summary>One number in [0, 1) per image: multiples of 2⁻²⁴, so the same in every backend.</summary>
    private void DrawUniforms(RandomPurpose purpose, int epoch)
    {
        PhiloxKey key = new(_seed, (uint)purpose, (uint)epoch);
        _backend.PhiloxUniform(key, [0], _uniforms.Length, _drawn.View);
        _backend.Read(_drawn.View, _uniforms);
    }

    private void Mirror(Span<byte> image)
    {
        int channels = _data.Channels;
        int row = _data.Width * channels;
        for (int start = 0; start < image.Length; start += row)
        {
            Span<byte> line = image.Slice(start, row);
            line.Reverse();
            for (int pixel = 0; pixel < row; pixel += channels)
            {
                line.Slice(pixel, channels).Reverse();
            }
        }
    }
}
