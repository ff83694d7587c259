using FlowEngine.Architecture;
using FlowEngine.Tensors;
using FlowEngine.Tests.Models;

namespace FlowEngine.Tests.Onnx;

/// <summary>Data for small models.</summary>
internal static class Draws
{
    /// <summary>Standard Gaussian numbers.</summary>
    public static float[] Normal(int count, ulong seed) =>
        Array.ConvertAll(new HostRandom(seed, RandomPurpose.TrainingNoise, 0).Normal(count), value => (float)value);

    /// <summary>Images where a model is of them, else rows of Gaussian numbers.</summary>
    public static float[] Data(IModelOptions options, Flow flow, int count) =>
        options.Bins is null ? Normal(count * flow.Dims, seed: 3) : TinyGlow.Images(flow, count);
}
