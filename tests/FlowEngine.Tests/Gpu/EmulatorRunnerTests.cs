using FlowEngine.Kernels.Gpu;
using FlowEngine.Kernels.Gpu.Emulator;

namespace FlowEngine.Tests.Gpu;

/// <summary>The emulator.</summary>
public sealed class EmulatorRunnerTests : RunnerTests
{
    protected override GpuDevice Open() => new EmulatorDevice();
}
