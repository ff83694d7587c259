using FlowEngine.Kernels;

namespace FlowEngine.Conformance.Operations;

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
}
