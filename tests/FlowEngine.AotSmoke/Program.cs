using FlowEngine.AotSmoke;
using FlowEngine.Kernels.Gpu;

// Lists the devices and runs a generated kernel on each, all in a NativeAOT image; exit code 1 if one computes something
// else than plain C#.
const int Length = 16 * SmokeKernels.BlockSize;

foreach (string reason in GpuDevices.Missing())
{
    Console.WriteLine(reason);
}

float[] x = new float[Length];
float[] expected = new float[Length];
for (int i = 0; i < Length; i++)
{
    x[i] = (i * 0.37f) - 100;
}

for (int i = 0; i < Length; i++)
{
    int thread = i % SmokeKernels.BlockSize;
    int source = i - thread + (SmokeKernels.BlockSize - 1 - (thread ^ 1));
    expected[i] = (x[source] * 1.5f) + 0.25f;
}

int failures = 0;
foreach (GpuDeviceInfo info in GpuDevices.List())
{
    // No PTX is made for this program: its text and its C# are tried.
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
    SmokeKernels.Affine(
        stream, LaunchGrid.Cover(Length, SmokeKernels.BlockSize), input, output, new(1.5f, 0.25f), Length);
    stream.CopyToHost<float>(output, got);
    stream.Synchronize();
    bool same = got.AsSpan().SequenceEqual(expected);
    failures += same ? 0 : 1;
    Console.WriteLine(
        $"{info.Selector}: {info.Name}, {info.Version}: {(same ? "bit-equal" : "not what was expected")}");
}

return failures == 0 ? 0 : 1;
