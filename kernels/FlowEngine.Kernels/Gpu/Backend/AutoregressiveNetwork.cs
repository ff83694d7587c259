using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu;

public sealed partial class GpuBackend
{
    private sealed class AutoregressiveNetwork(GpuBackend backend, DenseNetworkShape shape)
        : DenseNetwork(backend, shape), IAutoregressiveNetwork
    {
        public long SolveWorkspaceLength(int rows) =>
            (long)Parts(rows, AutoregressiveKernels.Rows)
            * Shape.HiddenLayers * Shape.Hidden * AutoregressiveKernels.Rows;

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
            using Lock.Scope queue = Backend._queue.EnterScope();
            AutoregressiveKernels.Solve(
                Backend._stream,
                new LaunchGrid(Parts(shape.Batch, AutoregressiveKernels.Rows)),
                Weights(weights.Prepared),
                Backend.ViewOrNothing(condition, (long)shape.Batch * Shape.Conditions),
                Backend.View(known, shape.Length),
                Backend.View(found, shape.Length),
                Backend.View(output, 2 * shape.Length),
                Backend.View(workspace, SolveWorkspaceLength(shape.Batch)),
                Mask,
                shape.Batch,
                normalize ? 1 : 0);
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
            using Lock.Scope queue = Backend._queue.EnterScope();
            AutoregressiveKernels.SolveBackward(
                Backend._stream,
                new LaunchGrid(Parts(shape.Batch, AutoregressiveKernels.Rows)),
                Weights(weights.Prepared),
                Backend.View(y, shape.Length),
                Backend.View(output, 2 * shape.Length),
                Backend.View(kept, KeptLength(new ImageShape(shape.Batch, 1, 1, Shape.InputChannels))),
                Backend.View(dy, shape.Length),
                Backend.View(dLogDet, shape.Batch),
                Backend.View(dx, shape.Length),
                Backend.View(dOutput, 2 * shape.Length),
                Backend.View(workspace, SolveWorkspaceLength(shape.Batch)),
                Mask,
                shape.Batch);
        }
    }
}
