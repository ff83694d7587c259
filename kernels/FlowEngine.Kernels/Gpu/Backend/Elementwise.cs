namespace FlowEngine.Kernels.Gpu;

public sealed partial class GpuBackend
{
    /// <inheritdoc/>
    public void ElementwiseForward(ElementwiseMap map, ImageShape shape, BufferView x, BufferView y, BufferView logDet)
    {
        using Lock.Scope queue = _queue.EnterScope();
        int parts = Parts(shape.Dims, ElementwiseKernels.PartLength);
        GpuView<float> partials = _partials.OfLength((long)shape.Batch * parts);
        KernelLaunch launch = new(_stream, map.Kernels.Forward, new LaunchGrid(parts, shape.Batch));
        launch.Add(View(x, shape.Length));
        launch.Add(View(y, shape.Length));
        launch.Add(partials);
        launch.Add(shape.Dims);
        launch.Add(map.Parameter);
        launch.Submit();
        AddPartsOfImages(partials, logDet, parts, shape.Batch);
    }

    /// <inheritdoc/>
    public void ElementwiseInverse(ElementwiseMap map, ImageShape shape, BufferView y, BufferView x)
    {
        using Lock.Scope queue = _queue.EnterScope();
        KernelLaunch launch = new(_stream, map.Kernels.Inverse, Cover(shape.Length, map.Kernels.Inverse));
        launch.Add(View(y, shape.Length));
        launch.Add(View(x, shape.Length));
        launch.Add(shape.Length);
        launch.Add(map.Parameter);
        launch.Submit();
    }

    /// <inheritdoc/>
    public void ElementwiseBackward(
        ElementwiseMap map, ImageShape shape, BufferView y, BufferView dy, BufferView dLogDet, BufferView dx)
    {
        using Lock.Scope queue = _queue.EnterScope();
        KernelLaunch launch = new(_stream, map.Kernels.Backward, Cover(shape.Length, map.Kernels.Backward));
        launch.Add(View(y, shape.Length));
        launch.Add(View(dy, shape.Length));
        launch.Add(View(dLogDet, shape.Batch));
        launch.Add(View(dx, shape.Length));
        launch.Add(shape.Length);
        launch.Add(shape.Dims);
        launch.Add(map.Parameter);
        launch.Submit();
    }
}
