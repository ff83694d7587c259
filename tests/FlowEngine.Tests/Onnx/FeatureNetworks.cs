using FlowEngine.Onnx.Format;
using FlowEngine.Tensors;

namespace FlowEngine.Tests.Onnx;

/// <summary>Small networks that make features of pictures: two convolutions of random weights.</summary>
internal static class FeatureNetworks
{
    public const int Features = 12;

    /// <summary>Pictures of 32x32, any number; or of any size where that is -1. The features are at 8x8 positions.</summary>
    public static void WriteMap(string path, int size = 32, ulong seed = 1) =>
        Write(path, size, seed, (graph, map) => graph.Output("map", map, Features, size / 4, size / 4));

    /// <summary>The mean of the same features.</summary>
    public static void WritePooled(string path) => Write(path, 32, 1, (graph, map) => graph.Output("mean", Mean(graph, map), Features));

    /// <summary>Both.</summary>
    public static void WriteBoth(string path) => Write(path, 32, 1, (graph, map) =>
    {
        graph.Output("map", map, Features, 8, 8);
        graph.Output("mean", Mean(graph, map), Features);
    });

    /// <summary>Of grey pictures.</summary>
    public static void WriteGray(string path)
    {
        OnnxGraph graph = new();
        graph.Output("map", graph.Input("gray", 1, 32, 32).Relu(), 1, 32, 32);
        Save(path, graph);
    }

    private static void Write(string path, int size, ulong seed, Action<OnnxGraph, OnnxValue> finish)
    {
        OnnxGraph graph = new();
        double[] weights = new HostRandom(seed, RandomPurpose.Weights, 0).Normal((8 * 3 * 9) + (Features * 8 * 9));
        OnnxValue first = Convolve(graph, graph.Input("image", 3, size, size), weights[..(8 * 3 * 9)], 8, 3);
        finish(graph, Convolve(graph, first, weights[(8 * 3 * 9)..], Features, 8));
        Save(path, graph);
    }

    private static OnnxValue Convolve(OnnxGraph graph, OnnxValue x, double[] weights, int outputs, int inputs) => graph.Node(
        "Conv",
        [x, graph.Constant(Array.ConvertAll(weights, w => w / Math.Sqrt(9 * inputs)), outputs, inputs, 3, 3)],
        OnnxAttribute.List("pads", 1, 1, 1, 1),
        OnnxAttribute.List("strides", 2, 2)).Relu();

    private static OnnxValue Mean(OnnxGraph graph, OnnxValue map) => graph.Node("GlobalAveragePool", [map]).Reshape(0, Features);

    private static void Save(string path, OnnxGraph graph) => File.WriteAllBytes(path, graph.ToFile("features", []).ToArray());
}
