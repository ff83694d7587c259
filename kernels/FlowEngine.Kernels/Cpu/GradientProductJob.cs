namespace FlowEngine.Kernels.Cpu;

/// <summary>The parts of one <see cref="GradientProduct"/> over some panels.</summary>
internal readonly struct GradientProductJob(GradientProduct product, int panels) : IJob
{
    public void Invoke(int index, int worker) => product.Accumulate(index, panels);
}
