using FlowEngine.Kernels;

namespace FlowEngine.Conformance.Operations;

// Operations of dense and of autoregressive networks.
internal static partial class BackendOperations
{
    public static DenseNetworkShape DenseShape(
        ImageShape shape, int hidden, bool isAutoregressive, int hiddenLayers = 2, int conditions = 0) =>
        isAutoregressive
            ? new(conditions + shape.Dims, hidden, hiddenLayers, 2 * shape.Dims, true, conditions)
            : new(Math.Max(1, shape.Channels / 2), hidden, hiddenLayers, shape.Channels + 1, false);

    public static OperationOutputs RunDenseNetwork(
        OperationBuffers buffers, ImageShape shape, DenseNetworkShape network) =>
        RunNetwork(buffers, shape, network, DenseWeights(buffers, network));

    public static OperationOutputs RunAutoregressive(
        OperationBuffers buffers, ImageShape shape, DenseNetworkShape network)
    {
        IBackend backend = buffers.Backend;
        var runs = (IAutoregressiveNetwork)backend.GetNetwork(network);
        NetworkWeights weights = DenseWeights(buffers, network, 0.5);
        BufferView x = buffers.PerImage(shape.Dims);
        BufferView output = buffers.PerImage(2L * shape.Dims, 0.5);
        BufferView y = buffers.Output(shape.Length);
        BufferView logDet = buffers.PerImage(1);
        backend.AutoregressiveNormalize(shape, x, output, y, logDet);
        BufferView back = buffers.Output(shape.Length);
        backend.AutoregressiveDenormalize(shape, y, output, back);
        BufferView dy = buffers.PerImage(shape.Dims);
        BufferView dLogDet = buffers.PerImage(1);
        BufferView dx = buffers.Output(shape.Length);
        BufferView dOutput = buffers.Output(output.Length);
        backend.AutoregressiveBackward(shape, y, output, dy, dLogDet, dx, dOutput);

        int conditions = network.Conditions;
        BufferView condition = conditions > 0 ? buffers.PerImage(conditions) : default;
        BufferView workspace = buffers.Output(runs.SolveWorkspaceLength(shape.Batch));
        BufferView sampled = buffers.Output(shape.Length);
        BufferView sampledOutput = buffers.Output(output.Length);
        runs.Solve(shape, weights, condition, false, x, sampled, sampledOutput, workspace);
        BufferView normalized = buffers.Output(shape.Length);
        BufferView normalizedOutput = buffers.Output(output.Length);
        runs.Solve(shape, weights, condition, true, x, normalized, normalizedOutput, workspace);

        ImageShape rows = new(shape.Batch, 1, 1, network.InputChannels);
        BufferView input = buffers.Output(rows.Length);
        backend.CopyChannels(
            normalized, rows.WithChannels(shape.Dims), 0, input, network.InputChannels, conditions, shape.Dims);
        if (conditions > 0)
        {
            backend.CopyChannels(
                condition, rows.WithChannels(conditions), 0, input, network.InputChannels, 0, conditions);
        }

        (BufferView kept, BufferView onePass) = NetworkOutput(buffers, network, rows, weights, input, keep: true);
        BufferView solved = buffers.Output(shape.Length);
        BufferView solvedOutput = buffers.Output(output.Length);
        runs.SolveBackward(
            shape, weights, normalized, onePass, kept, dy, dLogDet, solved, solvedOutput, workspace);
        return new OperationOutputs()
            .PerImage("y", y)
            .PerImage("logDet", logDet)
            .PerImage("back", back)
            .PerImage("dx", dx)
            .PerImage("dOutput", dOutput)
            .PerImage("sampled", sampled)
            .PerImage("sampledOutput", sampledOutput)
            .PerImage("normalized", normalized)
            .PerImage("normalizedOutput", normalizedOutput)
            .PerImage("solved", solved)
            .PerImage("solvedOutput", solvedOutput);
    }

    private static NetworkWeights DenseWeights(OperationBuffers buffers, DenseNetworkShape network, double scale = 1)
    {
        double[] values = buffers.Read(buffers.Random(network.ParametersLength));
        for (int layer = 0; layer < network.Layers; layer++)
        {
            // As a trained network has them: the sums of a unit stay about as large as what it reads.
            double factor = scale / Math.Sqrt(network.InputsOf(layer));
            for (long i = network.WeightOffset(layer); i < network.BiasOffset(layer); i++)
            {
                values[i] = (float)(values[i] * factor);
            }
        }

        return PreparedWeights(buffers, network, buffers.Values(values));
    }
}
