namespace FlowEngine.Kernels.Cpu;

public sealed unsafe partial class CpuBackend
{
    // Lanes are rows, a part is a panel of 32.
    private sealed class AutoregressiveNetwork(CpuBackend backend, DenseNetworkShape shape)
        : DenseNetwork(backend, shape), IAutoregressiveNetwork
    {
        public long SolveWorkspaceLength(int rows) =>
            (Backend.Threads * AutoregressiveSolveBackwardJob.WorkerLength(Layout)) + Shape.ParametersLength;

        public void Solve(
            ImageShape shape,
            in NetworkWeights weights,
            BufferView condition,
            bool normalize,
            BufferView known,
            BufferView found,
            BufferView output,
            BufferView workspace)
        {
            AutoregressiveSolveJob job = new()
            {
                Layout = Layout,
                Shape = shape,
                Prepared = Pointer(weights.Prepared, Layout.PreparedLength),
                Condition = Shape.Conditions > 0 ? Pointer(condition, (long)shape.Batch * Shape.Conditions) : null,
                Normalize = normalize,
                Known = Pointer(known, shape.Length),
                Found = Pointer(found, shape.Length),
                Output = Pointer(output, 2 * shape.Length),
                Scratch = Pointer(workspace, Backend.Threads * AutoregressiveSolveJob.WorkerLength(Layout)),
            };
            Backend._team.Run(StripProduct.Panels(shape.Batch), job);
        }

        public void SolveBackward(
            ImageShape shape,
            in NetworkWeights weights,
            BufferView y,
            BufferView output,
            BufferView kept,
            BufferView dy,
            BufferView dLogDet,
            BufferView dx,
            BufferView dOutput,
            BufferView workspace)
        {
            float* prepared = Pointer(weights.Prepared, Layout.PreparedLength);
            float* scratch = Pointer(workspace, SolveWorkspaceLength(shape.Batch));
            float* columns = scratch + (Backend.Threads * AutoregressiveSolveBackwardJob.WorkerLength(Layout));
            for (int layer = 0; layer < Shape.Layers; layer++)
            {
                Transposition turn = new(
                    prepared + Layout.At(layer).Rows,
                    Shape.OutputsOf(layer),
                    Shape.InputsOf(layer),
                    columns + Shape.WeightOffset(layer));
                Backend._team.Run(turn.Parts, turn);
            }

            AutoregressiveSolveBackwardJob job = new()
            {
                Layout = Layout,
                Shape = shape,
                Columns = columns,
                Y = Pointer(y, shape.Length),
                Output = Pointer(output, 2 * shape.Length),
                Kept = Pointer(kept, KeptLength(new ImageShape(shape.Batch, 1, 1, Shape.InputChannels))),
                Dy = Pointer(dy, shape.Length),
                DLogDet = Pointer(dLogDet, shape.Batch),
                Dx = Pointer(dx, shape.Length),
                DOutput = Pointer(dOutput, 2 * shape.Length),
                Scratch = scratch,
            };
            Backend._team.Run(StripProduct.Panels(shape.Batch), job);
        }
    }
}
