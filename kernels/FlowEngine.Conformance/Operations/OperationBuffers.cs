using FlowEngine.Kernels;

namespace FlowEngine.Conformance.Operations;

/// <summary>
/// Seeded arrays in the memory of one backend. The same seed gives the same values on every backend, each of them a
/// float32 number, so that all backends are asked the same question.
/// </summary>
/// <remarks>
/// Every view starts at an odd offset between guards of NaN: what reads outside a view gives NaN, what writes outside
/// it is found by <see cref="GuardsAreUntouched"/>. OperationOutputs start as NaN, so that one which is not written shows.
/// </remarks>
internal sealed class OperationBuffers : IDisposable
{
    private const int Guard = 19;

    private readonly List<DeviceBuffer> _buffers = [];
    private readonly int _seed;
    private readonly int[] _images;
    private int _draws;

    /// <summary>
    /// Arrays for a batch made of the numbered images: an image has the same values wherever it stands.
    /// </summary>
    public OperationBuffers(IBackend backend, int seed, params int[] images)
    {
        Backend = backend;
        _seed = seed;
        _images = images;
    }

    public IBackend Backend { get; }

    public BufferView Random(long length, double scale = 1, double center = 0) =>
        Values(RandomValues(_seed, _draws++, -1, length, scale, center));

    /// <summary>
    /// Parameters of a network, or gradients that are added to, one after the other with a deviation each; NaN between.
    /// </summary>
    public BufferView Parameters(NetworkShape shape, params ReadOnlySpan<double> scales)
    {
        BufferView array = Output(shape.ParametersLength);
        var parts = new ParameterParts(array);
        int next = 0;
        foreach (NetworkParameter parameter in shape.Parameters)
        {
            Backend.Copy(Random(parameter.Length, scales[next++]), parts.Take(parameter.Length));
        }

        return array;
    }

    public BufferView PerImage(long lengthPerImage, double scale = 1, double center = 0)
    {
        int draw = _draws++;
        return Values(
            [.. _images.SelectMany(image => RandomValues(_seed, draw, image, lengthPerImage, scale, center))]);
    }

    public BufferView Output(long length) => Filled(length, double.NaN);

    public BufferView Filled(long length, double value)
    {
        double[] values = new double[length];
        Array.Fill(values, value);
        return Values(values);
    }

    public BufferView Values(params double[] values)
    {
        DeviceBuffer buffer = Backend.Allocate(values.Length + (2 * Guard));
        _buffers.Add(buffer);
        Backend.Fill(buffer.View, double.NaN);
        BufferView view = buffer.View.Slice(Guard, values.Length);
        Backend.Write(values, view);
        return view;
    }

    public BufferView CopyOf(BufferView source)
    {
        BufferView copy = Output(source.Length);
        Backend.Copy(source, copy);
        return copy;
    }

    public double[] Read(BufferView view)
    {
        double[] values = new double[view.Length];
        Backend.Read(view, values);
        return values;
    }

    /// <summary>Whether nothing was written outside the views.</summary>
    public bool GuardsAreUntouched() => _buffers.TrueForAll(buffer =>
        Array.TrueForAll(Read(buffer.View.Slice(0, Guard)), double.IsNaN)
        && Array.TrueForAll(Read(buffer.View.Slice(buffer.Length - Guard, Guard)), double.IsNaN));

    public void Dispose()
    {
        foreach (DeviceBuffer buffer in _buffers)
        {
            buffer.Dispose();
        }
    }

    // Uniform with the given standard deviation.
    private static double[] RandomValues(int seed, int draw, int image, long length, double scale, double center)
    {
        var random = new Random(unchecked((seed * 1_000_003) + (draw * 7919) + (image * 104_729)));
        double[] values = new double[length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)(center + (scale * Math.Sqrt(3) * ((2 * random.NextDouble()) - 1)));
        }

        return values;
    }
}
