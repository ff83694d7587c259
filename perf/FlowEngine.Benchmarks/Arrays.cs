using FlowEngine.Kernels;

namespace FlowEngine.Benchmarks;

/// <summary>Seeded arrays in the memory of one backend: the n-th has the same values on every backend.</summary>
internal sealed class Arrays(IBackend backend) : IDisposable
{
    private readonly List<DeviceBuffer> _buffers = [];
    private readonly Random _random = new(20_180_709);

    /// <summary>Where the arrays are.</summary>
    public IBackend Backend { get; } = backend;

    /// <summary>Uniform values of a standard deviation around a center; none is zero but by a rare chance.</summary>
    public BufferView Random(long length, double deviation = 1, double center = 0)
    {
        float[] values = new float[length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)(center + (deviation * Math.Sqrt(3) * ((2 * _random.NextDouble()) - 1)));
        }

        return Values(values);
    }

    /// <summary>The values given.</summary>
    public BufferView Values(float[] values)
    {
        BufferView view = Zeros(values.Length);
        Backend.Write(values, view);
        return view;
    }

    /// <summary>Parameters of a network one after the other, of a deviation each.</summary>
    public BufferView Parameters(NetworkShape shape, double[] deviations)
    {
        BufferView array = Zeros(shape.ParametersLength);
        var parts = new ParameterParts(array);
        int next = 0;
        foreach (NetworkParameter parameter in shape.Parameters)
        {
            Backend.Copy(Random(parameter.Length, deviations[next++]), parts.Take(parameter.Length));
        }

        return array;
    }

    /// <summary>Zeros: for outputs and workspaces.</summary>
    public BufferView Zeros(long length)
    {
        DeviceBuffer buffer = Backend.Allocate(length);
        _buffers.Add(buffer);
        return buffer.View;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (DeviceBuffer buffer in _buffers)
        {
            buffer.Dispose();
        }
    }
}
