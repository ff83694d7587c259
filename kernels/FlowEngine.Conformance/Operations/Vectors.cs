using FlowEngine.Kernels;

namespace FlowEngine.Conformance.Operations;

// Operations that stand between the networks of a model of vectors.
internal static partial class BackendOperations
{
    public static OperationOutputs RunLogistic(OperationBuffers buffers, ImageShape shape, bool inPlace)
    {
        IBackend backend = buffers.Backend;
        BufferView z = buffers.PerImage(shape.Dims, 3);
        BufferView logProb = buffers.PerImage(1);
        backend.LogisticLogProb(shape, z, logProb);
        BufferView dz = buffers.Output(z.Length);
        backend.LogisticBackward(shape, z, buffers.PerImage(1), dz);

        // 0 to 1 in multiples of 2^-24, both ends among them.
        double[] uniforms = buffers.Read(buffers.PerImage(shape.Dims, 0.25, 0.5));
        for (int i = 0; i < uniforms.Length; i++)
        {
            uniforms[i] = Math.Clamp(Math.Round(uniforms[i] * (1 << 24)), 0, (1 << 24) - 1) / (1 << 24);
        }

        BufferView uniform = buffers.Values(uniforms);
        BufferView sample = LikeOutputs(buffers, uniform, inPlace);
        backend.LogisticSample(shape, uniform, 0.7, sample);
        return new OperationOutputs().PerImage("logProb", logProb).PerImage("dz", dz).PerImage("sample", sample);
    }

    public static OperationOutputs RunBatchNorm(OperationBuffers buffers, ImageShape shape, bool throughStatistics)
    {
        IBackend backend = buffers.Backend;
        BatchNormParameters parameters = new(
            buffers.Random(shape.Channels),
            buffers.Random(shape.Channels, 0.3),
            buffers.Random(shape.Channels),
            buffers.Random(shape.Channels, 0.2, 1),
            Floor: 1e-5);
        BufferView x = buffers.PerImage(shape.Dims);
        BufferView y = buffers.Output(shape.Length);
        BufferView logDet = buffers.PerImage(1);
        backend.BatchNormForward(shape, parameters, x, y, logDet);
        BufferView back = buffers.Output(shape.Length);
        backend.BatchNormInverse(shape, parameters, y, back);
        BufferView dx = buffers.Output(shape.Length);
        BufferView dBias = buffers.Random(shape.Channels);
        BufferView dLogScale = buffers.Random(shape.Channels);
        backend.BatchNormBackward(
            shape,
            parameters,
            throughStatistics,
            x,
            buffers.PerImage(shape.Dims),
            buffers.PerImage(1),
            dx,
            dBias,
            dLogScale);
        BufferView running = buffers.Random(shape.Channels);
        backend.MoveTowards(running, parameters.Mean, 0.3);
        OperationOutputs outputs = new OperationOutputs()
            .PerImage("y", y)
            .PerImage("logDet", logDet)
            .PerImage("back", back)
            .Shared("dBias", dBias)
            .Shared("dLogScale", dLogScale)
            .Shared("running", running);
        return throughStatistics ? outputs.Shared("dx", dx) : outputs.PerImage("dx", dx);
    }

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
        backend.LinearBackward(shape.Batch, condition, buffers.PerImage(shape.Dims), dWeight);
        BufferView spread = buffers.PerImage(4L * shape.PixelsPerImage);
        backend.SpreadRows(shape.WithChannels(4), condition, spread);
        return new OperationOutputs().PerImage("y", y).Shared("dWeight", dWeight).PerImage("spread", spread);
    }

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
