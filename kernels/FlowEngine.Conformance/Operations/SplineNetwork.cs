using FlowEngine.Kernels;

namespace FlowEngine.Conformance.Operations;

// Networks with the splines that they give the raw numbers of.
internal static partial class BackendOperations
{
    private const int SplineConditions = 3;

    /// <summary>One of each kind of network, for couplings that move the second half of a row or for all of it.</summary>
    public static IEnumerable<(string Name, NetworkShape Network, RationalQuadraticSpline Spline, int Passing)> SplineNetworks(
        int dims, int hidden)
    {
        int passing = dims / 2;
        (RationalQuadraticSpline zuko, RationalQuadraticSpline nflows, RationalQuadraticSpline flowjax) =
            (Splines[0].Spline, Splines[1].Spline, Splines[2].Spline);
        LayeredNetworkShape residual = Layered(passing, nflows, dims - passing) with
        {
            IsResidual = true,
            HasGates = true,
            Activation = Activation.Elu,
        };
        LayeredNetworkShape masked = Layered(dims, nflows, dims) with
        {
            IsResidual = true,
            AddsCondition = true,
            AddsToBlocks = true,
            Activation = Activation.Tanh,
            Degrees = UnitDegrees.Autoregressive(
                [.. Enumerable.Range(0, dims).Reverse()], [hidden], nflows.ParametersLength, true),
        };
        yield return ("dense", Dense(passing, zuko, dims - passing, false), zuko, passing);
        yield return ("plain", new LayeredNetworkShape(passing, [hidden, hidden + 3], (dims - passing) * zuko.ParametersLength)
        {
            Activation = Activation.Silu,
        }, zuko, passing);
        yield return ("residual", residual, nflows, passing);
        yield return ("masked", Dense(dims, flowjax, dims, true), flowjax, 0);
        yield return ("masked, residual", masked, nflows, 0);

        DenseNetworkShape Dense(int read, RationalQuadraticSpline spline, int moved, bool isMasked) => new(
            SplineConditions + read, hidden, 2, moved * spline.ParametersLength, isMasked, SplineConditions);

        LayeredNetworkShape Layered(int read, RationalQuadraticSpline spline, int moved) => new(
            SplineConditions + read, [hidden, hidden], moved * spline.ParametersLength, SplineConditions);
    }

    /// <summary>As one operation, where the backend has it and is not to run the parts.</summary>
    public static OperationOutputs RunSplineNetwork(
        OperationBuffers buffers,
        ImageShape shape,
        NetworkShape network,
        RationalQuadraticSpline spline,
        int passing,
        bool byParts = false)
    {
        IBackend backend = buffers.Backend;
        ISplineNetwork? whole = byParts ? null : backend.Splines.GetNetwork(network, spline, shape.Dims, passing);
        NetworkWeights weights = PreparedWeights(buffers, network, buffers.Values(UnitParameters(buffers, network, 0.5)));
        ImageShape rows = new(shape.Batch, 1, 1, network.InputChannels);
        int own = network.InputChannels - network.Conditions;
        BufferView condition = network.Conditions > 0 ? buffers.PerImage(network.Conditions) : default;
        BufferView x = buffers.PerImage(shape.Dims, 2);
        BufferView logDet = buffers.PerImage(1);
        BufferView logDetOfKept = buffers.CopyOf(logDet);
        BufferView y = buffers.Output(shape.Length);
        BufferView yOfKept = buffers.Output(shape.Length);
        BufferView back = buffers.Output(shape.Length);
        BufferView output = buffers.Output(spline.OutputLength(shape, passing));
        BufferView kept = buffers.Output(backend.GetNetwork(network).KeptLength(rows));
        BufferView joined = Joined(x);
        if (whole is not null)
        {
            whole.Forward(shape, weights, condition, x, y, logDet, default, default);
            whole.Forward(shape, weights, condition, x, yOfKept, logDetOfKept, output, kept);
            whole.Inverse(shape, weights, condition, y, back);
        }
        else
        {
            (kept, output) = NetworkOutput(buffers, network, rows, weights, joined, keep: true);
            backend.Splines.Forward(spline, shape, passing, x, output, y, logDet);
            backend.Copy(y, yOfKept);
            backend.Copy(logDet, logDetOfKept);
            backend.Copy(y, back);
            for (int pass = 0; pass < (own > passing ? shape.Dims : 1); pass++)
            {
                BufferView found = NetworkOutput(buffers, network, rows, weights, Joined(back), keep: false).Output;
                backend.Splines.Inverse(spline, shape, passing, y, found, back);
            }
        }

        // The backward pass of the network reads what was kept.
        weights = weights with { Gradients = buffers.Random(network.ParametersLength) };
        BufferView dx = buffers.PerImage(rows.Dims);
        backend.GetNetwork(network).Backward(
            rows,
            weights,
            joined,
            kept,
            buffers.PerImage(network.OutputChannels),
            dx,
            NetworkWorkspace(buffers, network, rows, backward: true));
        return new OperationOutputs()
            .PerImage("y", y)
            .PerImage("y of what is kept", yOfKept)
            .PerImage("logDet", logDet)
            .PerImage("logDet of what is kept", logDetOfKept)
            .PerImage("output", output)
            .PerImage("back", back)
            .PerImage("dx", dx)
            .Shared("gradients", weights.Gradients);

        BufferView Joined(BufferView values)
        {
            BufferView inputs = buffers.Output(rows.Length);
            if (network.Conditions > 0)
            {
                backend.CopyChannels(
                    condition, rows.WithChannels(network.Conditions), 0, inputs, rows.Channels, 0, network.Conditions);
            }

            backend.CopyChannels(
                values, rows.WithChannels(shape.Dims), 0, inputs, rows.Channels, network.Conditions, own);
            return inputs;
        }
    }
}
