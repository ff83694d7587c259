using FlowEngine.Kernels;

namespace FlowEngine.Conformance.Operations;

// Operations of Gaussian densities and of sums over channels.
internal static partial class BackendOperations
{
    public static OperationOutputs RunGaussian(OperationBuffers buffers, ImageShape shape, bool shared, bool inPlace)
    {
        IBackend backend = buffers.Backend;
        int priorBatch = shared ? 1 : shape.Batch;
        BufferView z = buffers.PerImage(shape.Dims);
        BufferView prior = shared ? buffers.Random(2L * shape.Dims, 0.7) : buffers.PerImage(2L * shape.Dims, 0.7);
        BufferView logProb = buffers.PerImage(1);
        backend.GaussianLogProb(shape, z, prior, priorBatch, logProb);

        BufferView dz = buffers.Output(z.Length);
        BufferView dPrior = buffers.Output(prior.Length);
        backend.GaussianBackward(shape, z, prior, priorBatch, buffers.PerImage(1), dz, dPrior);

        BufferView noise = buffers.PerImage(shape.Dims);
        BufferView sample = LikeOutputs(buffers, noise, inPlace);
        backend.GaussianSample(shape, noise, prior, priorBatch, 0.7, sample);

        BufferView standard = LikeOutputs(buffers, z, inPlace);
        backend.GaussianStandardize(shape, z, prior, priorBatch, standard);
        OperationOutputs outputs = new OperationOutputs()
            .PerImage("logProb", logProb)
            .PerImage("dz", dz)
            .PerImage("sample", sample)
            .PerImage("standard", standard);
        return shared ? outputs.Shared("dPrior", dPrior) : outputs.PerImage("dPrior", dPrior);
    }

    public static OperationOutputs RunChannelSums(OperationBuffers buffers, ImageShape shape)
    {
        BufferView sums = buffers.Random(shape.Channels);
        buffers.Backend.SumChannels(shape, buffers.PerImage(shape.Dims), sums);
        BufferView broadcast = buffers.Output(shape.Length);
        buffers.Backend.BroadcastChannels(shape, buffers.Random(shape.Channels), broadcast);
        return new OperationOutputs().Shared("sums", sums).PerImage("broadcast", broadcast);
    }
}
