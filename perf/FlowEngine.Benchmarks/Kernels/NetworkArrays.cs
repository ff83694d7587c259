using FlowEngine.Kernels;

namespace FlowEngine.Benchmarks;

/// <summary>A coupling network with random weights, and what its passes need.</summary>
internal sealed class NetworkArrays
{
    private readonly Arrays _arrays;
    private readonly PixelNetworkShape _network;
    private readonly ImageShape _image;

    public NetworkArrays(Arrays arrays, ModelShape shape)
    {
        _arrays = arrays;
        _network = shape.Network;
        _image = shape.Image;
        Network = (IPixelNetwork)arrays.Backend.GetNetwork(_network);
        Weights = new NetworkWeights(RandomParameters(), arrays.Zeros(Network.PreparedLength(backward: true)));
        Network.Prepare(Weights);
        X = arrays.Random(_image.Length);
        Workspace = arrays.Zeros(Network.WorkspaceLength(_image, backward: true));
    }

    public IPixelNetwork Network { get; }

    public NetworkWeights Weights { get; }

    public BufferView X { get; }

    public BufferView Workspace { get; }

    /// <summary>Weights of the networks of one step: 9 I N + N² + 9 N O.</summary>
    public static double WeightCount(ModelShape shape)
    {
        (double inputs, double hidden, double outputs) =
            (shape.Network.InputChannels, shape.Network.Hidden, shape.Network.OutputChannels);
        return (9 * inputs * hidden) + (hidden * hidden) + (hidden * 9 * outputs);
    }

    /// <summary>Parameters, or gradients that are added to.</summary>
    public BufferView RandomParameters()
    {
        (int inputs, int hidden, _, _, _, _) = _network;
        double[] scales =
        [
            1 / Math.Sqrt(9 * inputs), 0.5, 0.3, 1 / Math.Sqrt(hidden), 0.5, 0.3, 1 / Math.Sqrt(9 * hidden), 0.5, 0.1,
        ];
        return _arrays.Parameters(_network, scales);
    }

    /// <summary>Memory for what the backward pass needs of the forward pass.</summary>
    public BufferView Kept() => _arrays.Zeros(Network.KeptLength(_image));

    /// <summary>To the taps, a part of the workspace.</summary>
    public BufferView Forward(BufferView kept) => Network.ForwardToTaps(_image, Weights, X, kept, Workspace);
}
