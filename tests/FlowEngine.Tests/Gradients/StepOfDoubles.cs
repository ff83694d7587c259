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
        (int inputs, int hidden, int outputs, bool innerActNorm, bool _) = Network;
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

    public (BufferView Prepared, BufferView Taps, BufferView Kept, BufferView Output) RunNetwork(
        DoubleArrays arrays, double[][] values)
    {
        IBackend backend = arrays.Backend;
        BufferView prepared = arrays.Zeros(backend.PixelNetworkPreparedLength(Network, backward: true));
        BufferView taps = arrays.Zeros(backend.PixelNetworkTapsLength(Network, Shape));
        BufferView kept = arrays.Zeros(backend.PixelNetworkKeptLength(Network, Shape));
        BufferView workspace = arrays.Zeros(backend.PixelNetworkWorkspaceLength(Network, Shape, backward: false));
        BufferView output = arrays.Zeros((long)Shape.Pixels * Network.OutputChannels);
        backend.PixelNetworkPrepare(Network, Parameters(arrays, values), prepared);
        backend.PixelNetworkForward(Network, Shape, prepared, arrays.Of(values[0]), taps, kept, workspace);
        backend.PixelNetworkTapAdd(Network, Shape, prepared, taps, output);
        return (prepared, taps, kept, output);
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
        (BufferView prepared, _, BufferView kept, _) = RunNetwork(arrays, values);
        PixelNetworkParameters gradients = Parameters(arrays, [.. values.Select(value => new double[value.Length])]);
        arrays.Backend.PixelNetworkBackward(
            Network,
            Shape,
            Parameters(arrays, values),
            prepared,
            arrays.Of(values[0]),
            kept,
            dOutput,
            dx,
            gradients,
            arrays.Zeros(arrays.Backend.PixelNetworkWorkspaceLength(Network, Shape, backward: true)));
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

    private PixelNetworkParameters Parameters(DoubleArrays arrays, double[][] values) => new(
        arrays.Of(values[1]),
        arrays.Of(values[2]),
        Network.InnerActNorm ? arrays.Of(values[3]) : default,
        arrays.Of(values[4]),
        arrays.Of(values[5]),
        Network.InnerActNorm ? arrays.Of(values[6]) : default,
        arrays.Of(values[7]),
        arrays.Of(values[8]),
        arrays.Of(values[9]));
}
