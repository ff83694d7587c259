namespace FlowEngine.Kernels.Cpu;

/// <summary>A map for each index; forward, or back where there is a dLogDet.</summary>
internal readonly struct AffineAssemblyJob(
    IPixelAffine maps, PixelAffineAssembly[] assemblies, bool inverse, BufferView? dLogDet) : IJob
{
    public PixelAffineAssembly[] Assemblies => assemblies;

    public void Invoke(int index, int worker)
    {
        ref readonly PixelAffineAssembly assembly = ref assemblies[index];
        if (dLogDet is BufferView perImage)
        {
            maps.AssembleBackward(
                assembly.Parameters,
                assembly.PixelsPerImage,
                assembly.DMatrix,
                assembly.DOffset,
                perImage,
                assembly.Gradients);
        }
        else
        {
            maps.Assemble(assembly.Parameters, assembly.Map, inverse);
        }
    }
}
