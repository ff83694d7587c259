using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu;

public sealed partial class GpuBackend
{
    /// <inheritdoc/>
    public void BatchNormForward(
        ImageShape shape, in BatchNormParameters parameters, BufferView x, BufferView y, BufferView logDet)
    {
        using Lock.Scope queue = _queue.EnterScope();
        MapNorm(shape, parameters, x, y, isInverse: 0);
        GpuView<float> sum = _partials.OfLength(1);
        BatchNormKernels.LogDet(
            _stream,
            new LaunchGrid(1),
            View(parameters.LogScale, shape.Channels),
            View(parameters.Deviation, shape.Channels),
            sum,
            shape.Channels,
            (float)parameters.Floor);
        SumKernels.AddToAll(
            _stream,
            Cover(shape.Batch, SumKernels.AddToAllKernel),
            sum,
            View(logDet, shape.Batch),
            shape.PixelsPerImage,
            shape.Batch);
    }

    /// <inheritdoc/>
    public void BatchNormInverse(ImageShape shape, in BatchNormParameters parameters, BufferView y, BufferView x)
    {
        using Lock.Scope queue = _queue.EnterScope();
        MapNorm(shape, parameters, y, x, isInverse: 1);
    }

    /// <inheritdoc/>
    public void BatchNormBackward(
        ImageShape shape,
        in BatchNormParameters parameters,
        bool throughStatistics,
        BufferView x,
        BufferView dy,
        BufferView dLogDet,
        BufferView dx,
        BufferView dBias,
        BufferView dLogScale)
    {
        using Lock.Scope queue = _queue.EnterScope();
        BatchNormKernels.Backward(
            _stream,
            new LaunchGrid(shape.Channels),
            View(x, shape.Length),
            View(dy, shape.Length),
            View(dLogDet, shape.Batch),
            View(parameters.LogScale, shape.Channels),
            View(parameters.Mean, shape.Channels),
            View(parameters.Deviation, shape.Channels),
            View(dx, shape.Length),
            View(dBias, shape.Channels),
            View(dLogScale, shape.Channels),
            shape.Pixels,
            shape.Batch,
            shape.Channels,
            (float)parameters.Floor,
            throughStatistics ? 1 : 0);
    }

    /// <inheritdoc/>
    public void MoveTowards(BufferView running, BufferView batch, double rate)
    {
        using Lock.Scope queue = _queue.EnterScope();
        BatchNormKernels.Move(
            _stream,
            Cover(running.Length, BatchNormKernels.MoveKernel),
            View(running, running.Length),
            View(batch, running.Length),
            (float)rate,
            running.Length);
    }

    private void MapNorm(
        ImageShape shape, in BatchNormParameters parameters, BufferView from, BufferView to, int isInverse) =>
        BatchNormKernels.Map(
            _stream,
            Cover(shape.Length, BatchNormKernels.MapKernel),
            View(from, shape.Length),
            View(parameters.Bias, shape.Channels),
            View(parameters.LogScale, shape.Channels),
            View(parameters.Mean, shape.Channels),
            View(parameters.Deviation, shape.Channels),
            View(to, shape.Length),
            shape.Length,
            shape.Channels,
            (float)parameters.Floor,
            isInverse);
}
