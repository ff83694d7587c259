using FlowEngine.Kernels;

namespace FlowEngine.Conformance.Operations;

internal static partial class BackendOperations
{
    public static OperationOutputs RunLinear(OperationBuffers buffers, ImageShape shape)
    {
        IBackend backend = buffers.Backend;

        // Zeros among them, as one-hot rows have.
        double[] values = [.. buffers.Read(buffers.PerImage(3)).Select(value => Math.Max(0, value))];
        BufferView condition = buffers.Values(values);
        BufferView weight = buffers.Random(3L * shape.Dims);
        BufferView y = buffers.PerImage(shape.Dims);
        backend.LinearForward(shape.Batch, condition, weight, y);
        BufferView dWeight = buffers.Random(weight.Length);
        BufferView dCondition = buffers.PerImage(3);
        backend.LinearBackward(shape.Batch, condition, buffers.PerImage(shape.Dims), weight, dWeight, dCondition);
        BufferView spread = buffers.PerImage(4L * shape.PixelsPerImage);
        backend.SpreadRows(shape.WithChannels(4), condition, spread);
        return new OperationOutputs()
            .PerImage("y", y)
            .Shared("dWeight", dWeight)
            .PerImage("dCondition", dCondition)
            .PerImage("spread", spread);
    }
}
