using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu;

public sealed partial class GpuBackend
{
    /// <inheritdoc/>
    public void LinearForward(int rows, BufferView condition, BufferView weight, BufferView y)
    {
        using Lock.Scope queue = _queue.EnterScope();
        int inputs = (int)(condition.Length / rows);
        int outputs = (int)(y.Length / rows);
        LinearKernels.Forward(
            _stream,
            Cover(y.Length, LinearKernels.ForwardKernel),
            View(condition, (long)rows * inputs),
            View(weight, (long)inputs * outputs),
            View(y, (long)rows * outputs),
            y.Length,
            inputs,
            outputs);
    }

    /// <inheritdoc/>
    public void LinearBackward(
        int rows, BufferView condition, BufferView dy, BufferView weight, BufferView dWeight, BufferView dCondition)
    {
        using Lock.Scope queue = _queue.EnterScope();
        int inputs = (int)(condition.Length / rows);
        int outputs = (int)(dy.Length / rows);
        long length = (long)inputs * outputs;
        LinearKernels.Backward(
            _stream,
            Cover(length, LinearKernels.BackwardKernel),
            View(condition, (long)rows * inputs),
            View(dy, (long)rows * outputs),
            View(dWeight, length),
            length,
            rows,
            inputs,
            outputs);
        if (!dCondition.IsEmpty)
        {
            LinearKernels.ConditionBackward(
                _stream,
                Cover(dCondition.Length, LinearKernels.ConditionBackwardKernel),
                View(weight, length),
                View(dy, (long)rows * outputs),
                View(dCondition, (long)rows * inputs),
                dCondition.Length,
                inputs,
                outputs);
        }
    }
}
