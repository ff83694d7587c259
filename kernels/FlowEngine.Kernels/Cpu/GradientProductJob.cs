namespace FlowEngine.Kernels.Cpu;

/// <summary>The parts of one <see cref="GradientProduct"/> over some pixels.</summary>
internal readonly struct GradientProductJob(GradientProduct product, int pixels, bool isFirst) : IJob
{
    public void Invoke(int index, int worker) => product.Compute(index, pixels, isFirst);
}
