namespace FlowEngine.Kernels.Gpu;

/// <summary>What runs kernels.</summary>
public enum GpuRunner
{
    /// <summary>C# on one thread of the CPU, every access checked: for tests and debuggers.</summary>
    Emulator,

    /// <summary>An NVIDIA GPU by the CUDA driver.</summary>
    Cuda,

    /// <summary>Any device of an OpenCL driver.</summary>
    OpenCl,

    /// <summary>A device of ILGPU, which compiles the kernels while the program runs: package FlowEngine.Ilgpu.</summary>
    Ilgpu,
}
