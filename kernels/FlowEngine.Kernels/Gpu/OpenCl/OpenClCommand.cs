namespace FlowEngine.Kernels.Gpu.OpenCl;

/// <summary>A recorded command. It holds what the driver needs for it until the graph is disposed.</summary>
internal abstract class OpenClCommand
{
    public abstract void Enqueue(OpenClDevice device, nint queue);

    public virtual void Free(OpenClDevice device)
    {
    }
}
