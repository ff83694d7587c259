using FlowEngine.Conformance;
using FlowEngine.Kernels.Gpu;

// Runs the conformance kernels on every device, all in a NativeAOT image; exit code 1 if one gives what it should not.
foreach (string reason in GpuDevices.Missing())
{
    Console.WriteLine(reason);
}

int failed = 0;
foreach (GpuDeviceInfo info in GpuDevices.List())
{
    using GpuDevice device = GpuDevices.Open(info.Selector);
    int passed = 0;
    foreach (SelfTestResult result in SelfTest.RunKernels(device, runs: 1))
    {
        if (result.Passed)
        {
            passed++;
        }
        else
        {
            failed++;
            Console.WriteLine($"{info.Selector}: {result.Name}: {result.Fault ?? $"error {result.Error}"}");
        }
    }

    Console.WriteLine($"{info.Selector}: {info.Name}, {info.Version}: {passed} kernels passed");
}

return failed == 0 ? 0 : 1;
