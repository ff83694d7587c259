using FlowEngine.Kernels;

namespace FlowEngine.Tests.Gradients;

/// <summary>
/// A coupling and its network in double, from arrays: x, then the network's parameters in their order.
/// </summary>
public sealed class StepOfDoubles
{
    private readonly CouplingKind _kind;

    public StepOfDoubles(
        CouplingKind kind, ImageShape shape, int hidden, bool innerActNorm, bool outsideReadsOne)
    {
        _kind = kind;
        Shape = shape;
        int outputs = kind == CouplingKind.Affine ? shape.Channels : shape.Channels / 2;
        Network = new PixelNetworkShape(shape.Channels / 2, hidden, outputs, innerActNorm, outsideReadsOne);
    }

    public ImageShape Shape { get; }

    public PixelNetworkShape Network { get; }

    public double[][] RandomInputs(int seed)
    {
        (int inputs, int hidden, int outputs, bool innerActNorm, _, _) = Network;
        int scales = innerActNorm ? hidden : 0;
        var random = new Random(seed);
        return
        [
            GradientChecker.RandomArray(random, (int)Shape.Length),
            GradientChecker.RandomArray(random, 9 * hidden * inputs, 0.5),
            GradientChecker.RandomArray(random, hidden, 0.5),
            GradientChecker.RandomArray(random, scales, 0.3),
            GradientChecker.RandomArray(random, hidden * hidden, 0.5),
            GradientChecker.RandomArray(random, hidden, 0.5),
            GradientChecker.RandomArray(random, scales, 0.3),
            GradientChecker.RandomArray(random, 9 * hidden * outputs, 0.3),
            GradientChecker.RandomArray(random, outputs, 0.5),
            GradientChecker.RandomArray(random, outputs, 0.1),
        ];
    }

    public NetworkWeights Weights(DoubleArrays arrays, double[][] values)
    {
        INetwork network = arrays.Backend.GetNetwork(Network);
        var weights = new NetworkWeights(
            arrays.Parameters(Network, values.AsSpan(1)),
            arrays.Zeros(network.PreparedLength(backward: true)),
            arrays.Zeros(Network.ParametersLength));
        network.Prepare(weights);
        return weights;
    }

    public IPixelStage Stage(DoubleArrays arrays) => ((IPixelNetwork)arrays.Backend.GetNetwork(Network)).Stage(_kind);

    public BufferView Taps(DoubleArrays arrays, double[][] values)
    {
        var network = (IPixelNetwork)arrays.Backend.GetNetwork(Network);
        return network.ForwardToTaps(
            Shape, Weights(arrays, values), arrays.Of(values[0]), default, Workspace(arrays, backward: false));
    }

    public (BufferView Kept, BufferView Output) RunNetwork(DoubleArrays arrays, double[][] values)
    {
        INetwork network = arrays.Backend.GetNetwork(Network);
        BufferView kept = arrays.Zeros(network.KeptLength(Shape));
        BufferView output = arrays.Zeros((long)Shape.Pixels * Network.OutputChannels);
        network.Forward(
            Shape, Weights(arrays, values), arrays.Of(values[0]), output, kept, Workspace(arrays, backward: false));
        return (kept, output);
    }

    /// <summary>y and LogDet.</summary>
    public BufferView[] Couple(DoubleArrays arrays, double[][] values)
    {
        BufferView output = RunNetwork(arrays, values).Output;
        BufferView y = arrays.Zeros(Shape.Length);
        BufferView logDet = arrays.Zeros(Shape.Batch);
        arrays.Backend.CouplingForward(_kind, Shape, arrays.Of(values[0]), output, y, logDet);
        return [y, logDet];
    }

    /// <summary>dx, added to what it holds, and the gradients of the parameters.</summary>
    public double[][] NetworkBackward(DoubleArrays arrays, double[][] values, BufferView dOutput, BufferView dx)
    {
        NetworkWeights weights = Weights(arrays, values);
        arrays.Backend.GetNetwork(Network).Backward(
            Shape,
            weights,
            arrays.Of(values[0]),
            RunNetwork(arrays, values).Kept,
            dOutput,
            dx,
            Workspace(arrays, backward: true));
        var gradients = PixelNetworkParameters.Of(Network, weights.Gradients);
        BufferView none = arrays.Zeros(0);
        return arrays.Read(
            dx,
            gradients.Weight1,
            gradients.Bias1,
            Network.InnerActNorm ? gradients.LogScale1 : none,
            gradients.Weight2,
            gradients.Bias2,
            Network.InnerActNorm ? gradients.LogScale2 : none,
            gradients.Weight3,
            gradients.Bias3,
            gradients.LogScale3);
    }

    private BufferView Workspace(DoubleArrays arrays, bool backward) =>
        arrays.Zeros(arrays.Backend.GetNetwork(Network).WorkspaceLength(Shape, backward));
}
