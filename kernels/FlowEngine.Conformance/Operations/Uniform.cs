using FlowEngine.Kernels;

namespace FlowEngine.Conformance.Operations;

internal static partial class BackendOperations
{
    public static OperationOutputs RunUniform(OperationBuffers buffers, ImageShape shape, bool inPlace)
    {
        IBackend backend = buffers.Backend;
        double[] sides = buffers.Read(buffers.Random(2L * shape.Dims));
        BufferView bounds = buffers.Values([.. sides.Select((side, i) => i < shape.Dims ? -Math.Abs(side) : 1 + Math.Abs(side))]);

        // 0 to 1 in multiples of 2^-24, both ends among them.
        double[] uniforms = buffers.Read(buffers.PerImage(shape.Dims, 0.25, 0.5));
        for (int i = 0; i < uniforms.Length; i++)
        {
            uniforms[i] = Math.Clamp(Math.Round(uniforms[i] * (1 << 24)), 0, (1 << 24) - 1) / (1 << 24);
        }

        BufferView uniform = buffers.Values(uniforms);
        BufferView sample = LikeOutputs(buffers, uniform, inPlace);
        backend.UniformSample(shape, uniform, bounds, 0.7, sample);
        BufferView logProb = buffers.PerImage(1);
        backend.UniformLogProb(shape, sample, bounds, logProb);
        return new OperationOutputs().PerImage("logProb", logProb).PerImage("sample", sample);
    }
}
