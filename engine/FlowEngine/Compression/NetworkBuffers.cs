using FlowEngine.Kernels;

namespace FlowEngine.Compression;

/// <summary>The memory that the networks of all layers take turns in.</summary>
/// <param name="backend">Where they run.</param>
internal sealed class NetworkBuffers(IBackend backend) : IDisposable
{
    private DeviceBuffer? _input;
    private DeviceBuffer? _workspace;
    private DeviceBuffer? _extra;
    private float[] _hostInput = [];
    private float[] _hostOutput = [];

    /// <summary>The first channels of every block's image, as a network reads them.</summary>
    /// <param name="batch">The blocks.</param>
    /// <param name="shape">The shape of the result; channels that are not read keep any value.</param>
    /// <param name="channels">How many channels are read.</param>
    internal BufferView WriteInput(ChainBatch batch, ImageShape shape, int channels)
    {
        float[] values = Grown(ref _hostInput, shape.Length);
        batch.ForEach((chain, i) => chain.ReadValues(
            shape.PixelsPerImage, channels, values.AsSpan(i * shape.Dims, shape.Dims), shape.Channels));
        BufferView input = Grown(ref _input, shape.Length);
        backend.Write(values.AsSpan(0, (int)shape.Length), input);
        return input;
    }

    /// <summary>Scratch memory.</summary>
    internal BufferView Workspace(long length) => Grown(ref _workspace, length);

    /// <summary>Memory for an output that is not in the workspace.</summary>
    internal BufferView Output(long length) => Grown(ref _extra, length);

    /// <summary>An output, valid until the next one.</summary>
    internal float[] ReadOutput(BufferView output)
    {
        float[] values = Grown(ref _hostOutput, output.Length);
        backend.Read(output, values.AsSpan(0, (int)output.Length));
        return values;
    }

    public void Dispose()
    {
        _input?.Dispose();
        _workspace?.Dispose();
        _extra?.Dispose();
    }

    private static float[] Grown(ref float[] array, long length)
    {
        if (array.Length < length)
        {
            array = new float[length];
        }

        return array;
    }

    private BufferView Grown(ref DeviceBuffer? buffer, long length)
    {
        if (buffer is null || buffer.Length < length)
        {
            buffer?.Dispose();
            buffer = null;
            buffer = backend.Allocate(length);
        }

        return buffer.View.Slice(0, length);
    }
}
