using FlowEngine.Checkpoints;
using FlowEngine.Interop;

namespace FlowEngine.Tests.Checkpoints;

/// <summary>Makes a random state dict in the layout of rosinality/glow-pytorch.</summary>
internal sealed class StateDict(RosinalityShape shape, int seed, bool dense = false, bool doubles = false)
{
    private readonly Random _random = new(seed);
    private readonly List<NamedTensor> _tensors = [];

    internal List<NamedTensor> Make()
    {
        for (int level = 0; level < shape.Levels; level++)
        {
            int channels = (4 * shape.Channels) << level;
            for (int step = 0; step < shape.Steps; step++)
            {
                AddStep($"blocks.{level}.flows.{step}", channels);
            }

            bool last = level == shape.Levels - 1;
            AddZeroConvolution(
                $"blocks.{level}.prior", last ? channels : channels / 2, last ? 2 * channels : channels);
        }

        return _tensors;
    }

    private void AddStep(string prefix, int channels)
    {
        AddRandom($"{prefix}.actnorm.loc", 1, channels, 1, 1);
        double[] scale = Random(channels, () => (_random.Next(2) == 0 ? -1 : 1) * (0.1 + _random.NextDouble()));
        Add($"{prefix}.actnorm.scale", scale, 1, channels, 1, 1);
        _tensors.Add(new NamedTensor($"{prefix}.actnorm.initialized", new byte[] { 1 }));
        if (dense)
        {
            AddRandom($"{prefix}.invconv.weight", channels, channels, 1, 1);
        }
        else
        {
            AddFactors($"{prefix}.invconv", channels);
        }

        AddRandom($"{prefix}.coupling.net.0.weight", shape.Hidden, channels / 2, 3, 3);
        AddRandom($"{prefix}.coupling.net.0.bias", shape.Hidden);
        AddRandom($"{prefix}.coupling.net.2.weight", shape.Hidden, shape.Hidden, 1, 1);
        AddRandom($"{prefix}.coupling.net.2.bias", shape.Hidden);
        AddZeroConvolution(
            $"{prefix}.coupling.net.4", shape.Hidden, shape.Affine ? channels : channels / 2);
    }

    private void AddFactors(string prefix, int size)
    {
        int[] permutation = [.. Enumerable.Range(0, size)];
        _random.Shuffle(permutation);
        Add($"{prefix}.w_p", Matrix(size, (i, j) => permutation[i] == j), size, size);
        Add($"{prefix}.u_mask", Matrix(size, (i, j) => i < j), size, size);
        Add($"{prefix}.l_mask", Matrix(size, (i, j) => i > j), size, size);
        Add($"{prefix}.l_eye", Matrix(size, (i, j) => i == j), size, size);
        Add($"{prefix}.s_sign", Random(size, () => _random.Next(2) == 0 ? -1 : 1), size);

        // What the masks hide is random too: nothing may depend on it.
        AddRandom($"{prefix}.w_l", size, size);
        AddRandom($"{prefix}.w_u", size, size);
        AddRandom($"{prefix}.w_s", size);
    }

    private void AddZeroConvolution(string prefix, int inputs, int outputs)
    {
        AddRandom($"{prefix}.conv.weight", outputs, inputs, 3, 3);
        AddRandom($"{prefix}.conv.bias", outputs);
        AddRandom($"{prefix}.scale", 1, outputs, 1, 1);
    }

    private void AddRandom(string name, params ReadOnlySpan<long> dimensions)
    {
        long length = 1;
        foreach (long dimension in dimensions)
        {
            length *= dimension;
        }

        Add(name, Random((int)length, () => _random.NextDouble() - 0.5), dimensions);
    }

    private void Add(string name, double[] values, params ReadOnlySpan<long> dimensions) => _tensors.Add(
        doubles
            ? new NamedTensor(name, values, dimensions)
            : new NamedTensor(name, Array.ConvertAll(values, value => (float)value), dimensions));

    private static double[] Random(int length, Func<double> draw) =>
        [.. Enumerable.Range(0, length).Select(_ => draw())];

    private static double[] Matrix(int size, Func<int, int, bool> isOne) =>
        [.. Enumerable.Range(0, size * size).Select(i => isOne(i / size, i % size) ? 1.0 : 0)];
}
