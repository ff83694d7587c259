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
        Parameters = RandomParameters();
        Prepared = arrays.Zeros(arrays.Backend.PixelNetworkPreparedLength(_network, backward: true));
        arrays.Backend.PixelNetworkPrepare(_network, Parameters, Prepared);
        X = arrays.Random(_image.Length);
        Taps = arrays.Zeros(arrays.Backend.PixelNetworkTapsLength(_network, _image));
        Workspace = arrays.Zeros(arrays.Backend.PixelNetworkWorkspaceLength(_network, _image, backward: true));
    }

    public PixelNetworkParameters Parameters { get; }

    public BufferView Prepared { get; }

    public BufferView X { get; }

    public BufferView Taps { get; }

    public BufferView Workspace { get; }

    /// <summary>Weights of the networks of one step: 9 I N + N² + 9 N O.</summary>
    public static double Weights(ModelShape shape)
    {
        (double inputs, double hidden, double outputs) =
            (shape.Network.InputChannels, shape.Network.Hidden, shape.Network.OutputChannels);
        return (9 * inputs * hidden) + (hidden * hidden) + (hidden * 9 * outputs);
    }

    /// <summary>Parameters, or gradients that are added to.</summary>
    public PixelNetworkParameters RandomParameters()
    {
        (int inputs, int hidden, int outputs, _, _) = _network;
        return new PixelNetworkParameters(
            _arrays.Random(9L * hidden * inputs, 1 / Math.Sqrt(9 * inputs)),
            _arrays.Random(hidden, 0.5),
            _arrays.Random(hidden, 0.3),
            _arrays.Random((long)hidden * hidden, 1 / Math.Sqrt(hidden)),
            _arrays.Random(hidden, 0.5),
            _arrays.Random(hidden, 0.3),
            _arrays.Random(9L * hidden * outputs, 1 / Math.Sqrt(9 * hidden)),
            _arrays.Random(outputs, 0.5),
            _arrays.Random(outputs, 0.1));
    }

    /// <summary>Memory for what the backward pass needs of the forward pass.</summary>
    public BufferView Kept() => _arrays.Zeros(_arrays.Backend.PixelNetworkKeptLength(_network, _image));

    public void Forward(BufferView kept) =>
        _arrays.Backend.PixelNetworkForward(_network, _image, Prepared, X, Taps, kept, Workspace);
}
