using FlowEngine.AotSmoke;
using FlowEngine.Kernels.Gpu;

// Lists the devices and runs a kernel on each from a NativeAOT image; exit code 1 if one computes something else.
const int Length = 1000;

foreach (string reason in GpuDevices.Missing())
{
    Console.WriteLine(reason);
}

float[] x = new float[Length];
float[] expected = new float[Length];
for (int i = 0; i < Length; i++)
{
    x[i] = (i * 0.37f) - 100;
    expected[i] = (x[i] * 1.5f) + 0.25f;
}

int failures = 0;
foreach (GpuDeviceInfo info in GpuDevices.List())
{
    // The kernel has no PTX: here only what runs its text or its C# is tried.
    if (info.Runner == GpuRunner.Cuda)
    {
        Console.WriteLine($"{info.Selector}: {info.Name}, {info.Version}: listed");
        continue;
    }

    using GpuDevice device = GpuDevices.Open(info.Selector);
    using GpuStream stream = device.CreateStream();
    using GpuBuffer<float> input = device.Allocate<float>(Length);
    using GpuBuffer<float> output = device.Allocate<float>(Length);
    float[] got = new float[Length];
    stream.CopyToDevice<float>(x, input);
    Affine.Launch(stream, input, output, Length, new Affine.Map(1.5f, 0.25f));
    stream.CopyToHost<float>(output, got);
    stream.Synchronize();
    bool same = got.AsSpan().SequenceEqual(expected);
    failures += same ? 0 : 1;
    Console.WriteLine(
        $"{info.Selector}: {info.Name}, {info.Version}: {(same ? "bit-equal" : "not what was expected")}");
}

return failures == 0 ? 0 : 1;
