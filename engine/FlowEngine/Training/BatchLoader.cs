using FlowEngine.Data;
using FlowEngine.Kernels;
using FlowEngine.Tensors;

namespace FlowEngine.Training;

/// <summary>The training images in a new random order each epoch; images that do not fill a batch wait for the next.</summary>
/// <remarks>
/// Where the run stands is one number, the updates begun: order, noise and flips follow from it, the seed and an image's
/// index in the data set. So a resumed run goes on with the same bits.
/// </remarks>
internal sealed class BatchLoader
{
    private readonly ImageDataset _data;
    private readonly ulong _seed;
    private readonly bool _flip;
    private readonly byte[] _levels;
    private readonly uint[] _indices;
    private int[] _order = [];
    private bool[] _mirrored = [];
    private int _orderEpoch = -1;

    public BatchLoader(ImageDataset data, int batch, ulong seed, bool flip)
    {
        _data = data;
        _seed = seed;
        _flip = flip;
        _levels = new byte[batch * data.Height * data.Width * data.Channels];
        _indices = new uint[batch];
    }

    /// <summary>Updates in one pass over the data.</summary>
    public int BatchesPerEpoch => _data.Count / _indices.Length;

    /// <summary>Writes the batch of an update, dequantized.</summary>
    /// <param name="backend">Where it goes.</param>
    /// <param name="update">The number of the update, from 0.</param>
    /// <param name="x">(B, H, W, C), overwritten.</param>
    /// <returns>The epoch it belongs to.</returns>
    public int Load(IBackend backend, long update, BufferView x)
    {
        int epoch = (int)(update / BatchesPerEpoch);
        int first = (int)(update % BatchesPerEpoch) * _indices.Length;
        if (epoch != _orderEpoch)
        {
            BeginEpoch(epoch);
        }

        int dims = _levels.Length / _indices.Length;
        for (int i = 0; i < _indices.Length; i++)
        {
            int index = _order[first + i];
            _indices[i] = (uint)index;
            Span<byte> target = _levels.AsSpan(i * dims, dims);
            _data[index].CopyTo(target);
            if (_flip && _mirrored[index])
            {
                Mirror(target);
            }
        }

        PhiloxKey key = new(_seed, (uint)RandomPurpose.TrainingNoise, (uint)epoch);
        backend.Dequantize(key, _levels, _indices, _data.Bins, x);
        return epoch;
    }

    private void BeginEpoch(int epoch)
    {
        _order = new HostRandom(_seed, RandomPurpose.Shuffle, (uint)epoch).Permutation(_data.Count);
        if (_flip)
        {
            double[] draws = new HostRandom(_seed, RandomPurpose.Flip, (uint)epoch).Uniform(_data.Count);
            _mirrored = Array.ConvertAll(draws, draw => draw < 0.5);
        }

        _orderEpoch = epoch;
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
