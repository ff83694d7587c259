using FlowEngine.Data;
using FlowEngine.Kernels;
using FlowEngine.Tensors;

namespace FlowEngine.Training;

/// <summary>Loads training images, mirrored where that is asked for.</summary>
internal sealed class ImageBatchLoader : BatchLoader
{
    private readonly ImageDataset _data;
    private readonly bool[] _mirrored;

    public ImageBatchLoader(
        IBackend backend, ImageDataset data, float[] conditions, int batch, ulong seed, bool flip)
        : base(backend, data.Count, conditions, batch, seed)
    {
        _data = data;
        _mirrored = new bool[flip ? data.Count : 0];
    }

    /// <inheritdoc/>
    public override bool IsOfLevels => true;

    protected override void Load(ReadOnlySpan<int> indices, StepInput input, BufferView x)
    {
        Span<byte> levels = input.Levels;
        int dims = levels.Length / indices.Length;
        for (int i = 0; i < indices.Length; i++)
        {
            int index = indices[i];
            input.Indices[i] = (uint)index;
            Span<byte> target = levels.Slice(i * dims, dims);
            _data[index].CopyTo(target);
            if (_mirrored.Length > 0 && _mirrored[index])
            {
                Mirror(target);
            }
        }
    }

    protected override void BeginEpoch(int epoch)
    {
        base.BeginEpoch(epoch);
        if (_mirrored.Length > 0)
        {
            ReadOnlySpan<double> uniforms = DrawUniforms(RandomPurpose.Flip, epoch);
            for (int i = 0; i < _mirrored.Length; i++)
            {
                _mirrored[i] = uniforms[i] < 0.5;
            }
        }
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
