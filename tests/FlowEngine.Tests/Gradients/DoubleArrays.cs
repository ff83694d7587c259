using FlowEngine.Kernels;
using FlowEngine.Kernels.Reference;

namespace FlowEngine.Tests.Gradients;

/// <summary>Arrays of the reference backend in double, for one call.</summary>
public sealed class DoubleArrays : IDisposable
{
    private readonly List<DeviceBuffer> _buffers = [];

    public IBackend Backend { get; } = new ReferenceBackend<double>();

    public BufferView Of(double[] values)
    {
        BufferView view = Zeros(values.Length);
        Backend.Write(values, view);
        return view;
    }

    /// <summary>Parameters of a network, array by array.</summary>
    public BufferView Parameters(NetworkShape shape, ReadOnlySpan<double[]> values)
    {
        BufferView array = Zeros(shape.ParametersLength);
        var parts = new ParameterParts(array);
        foreach (double[] parameter in values)
        {
            if (parameter.Length > 0)
            {
                Backend.Write(parameter, parts.Take(parameter.Length));
            }
        }

        return array;
    }

    public BufferView Zeros(long length)
    {
        DeviceBuffer buffer = Backend.Allocate(length);
        _buffers.Add(buffer);
        return buffer.View;
    }

    public double[][] Read(params BufferView[] views)
    {
        double[][] arrays = new double[views.Length][];
        for (int i = 0; i < views.Length; i++)
        {
            arrays[i] = new double[views[i].Length];
            Backend.Read(views[i], arrays[i]);
        }

        return arrays;
    }

    public void Dispose()
    {
        foreach (DeviceBuffer buffer in _buffers)
        {
            buffer.Dispose();
        }

        Backend.Dispose();
    }
}
