using FlowEngine.Kernels;

namespace FlowEngine.Conformance.Operations;

internal static partial class BackendOperations
{
    public static OperationOutputs RunPermutation(OperationBuffers buffers, ImageShape shape)
    {
        double[] keys = buffers.Read(buffers.Random(shape.Channels));
        BufferView order = buffers.Values(
            [.. Enumerable.Range(0, shape.Channels).OrderBy(c => keys[c]).Select(c => (double)c)]);
        BufferView x = buffers.PerImage(shape.Dims);
        BufferView y = buffers.Output(shape.Length);
        buffers.Backend.PermuteChannels(shape, order, inverse: false, x, y);
        BufferView other = buffers.Output(shape.Length);
        buffers.Backend.PermuteChannels(shape, order, inverse: true, x, other);
        return new OperationOutputs().PerImage("y", y).PerImage("inverse", other);
    }
}
