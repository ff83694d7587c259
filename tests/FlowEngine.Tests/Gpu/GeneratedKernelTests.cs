using FlowEngine.Kernels.Device;
using FlowEngine.Kernels.Gpu;
using FlowEngine.Kernels.Gpu.Emulator;
using FlowEngine.Tests.KernelCompiler;
using Xunit;

namespace FlowEngine.Tests.Gpu;

/// <summary>What the kernel compiler wrote for OpenCL and for the emulator computes the same bits.</summary>
/// <remarks>
/// A barrier that not all threads reach would end the whole process in PoCL; the compiler refuses such kernels, and the
/// emulator, which runs them first, faults on them.
/// </remarks>
public sealed class GeneratedKernelTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(257)]
    [InlineData(5000)]
    public void Elementwise_kernels_agree(int length) => Agree((device, stream) =>
    {
        using GpuBuffer<float> x = Upload(device, stream, Numbers(length));
        using GpuBuffer<float> y = device.Allocate<float>(length);
        ElementwiseKernels.Affine(stream, LaunchGrid.Cover(length, 256), x, y, 1.7f, length);
        return Download(stream, y);
    });

    [Fact]
    public void Structs_agree() => Agree((device, stream) =>
    {
        using GpuBuffer<float> x = Upload(device, stream, Numbers(35));
        using GpuBuffer<float> y = device.Allocate<float>(35);
        ElementwiseKernels.Transpose(stream, new LaunchGrid(1), x, y, new(5, 7, 0.3f));
        return Download(stream, y);
    });

    [Theory]
    [InlineData(100)]
    [InlineData(1000)]
    public void Sums_by_shared_memory_and_by_shuffles_agree(int length) => Agree((device, stream) =>
    {
        LaunchGrid grid = LaunchGrid.Cover(length, 128);
        using GpuBuffer<float> x = Upload(device, stream, Numbers(length));
        using GpuBuffer<float> tree = device.Allocate<float>(grid.X);
        using GpuBuffer<float> shuffle = device.Allocate<float>(grid.X);
        ReductionKernels.TreeSum(stream, grid, x, tree, length);
        ReductionKernels.ShuffleSum(stream, grid, x, shuffle, length);
        return [.. Download(stream, tree), .. Download(stream, shuffle)];
    });

    [Fact]
    public void Tensor_core_products_agree() => Agree((device, stream) =>
    {
        BFloat16[] a = [.. Enumerable.Range(0, 256).Select(i => BFloat16.FromSingle((i % 13) - 6))];
        BFloat16[] b = [.. Enumerable.Range(0, 128).Select(i => BFloat16.FromSingle((i % 7) - 3))];
        using GpuBuffer<BFloat16> rows = Upload(device, stream, a);
        using GpuBuffer<BFloat16> columns = Upload(device, stream, b);
        using GpuBuffer<float> output = device.Allocate<float>(128);
        TensorKernels.Product(stream, new LaunchGrid(1), rows, columns, output);
        return Download(stream, output);
    });

    private static void Agree(Func<GpuDevice, GpuStream, float[]> compute)
    {
        float[] expected;
        using (GpuDevice emulator = new EmulatorDevice())
        using (GpuStream stream = emulator.CreateStream())
        {
            expected = compute(emulator, stream);
        }

        GpuDrivers drivers = new("/nowhere/libcuda.so", null);
        Assert.SkipUnless(
            drivers.Devices.Any(device => device.Runner == GpuRunner.OpenCl), string.Join("; ", drivers.Missing));
        using GpuDevice openCl = drivers.Open("opencl:0");
        using GpuStream queue = openCl.CreateStream();
        float[] got = compute(openCl, queue);
        Assert.Equal(expected.Select(BitConverter.SingleToInt32Bits), got.Select(BitConverter.SingleToInt32Bits));
    }

    private static float[] Numbers(int length)
    {
        Random random = new(length);
        return [.. Enumerable.Range(0, length).Select(_ => random.NextSingle() - 0.5f)];
    }

    private static GpuBuffer<T> Upload<T>(GpuDevice device, GpuStream stream, T[] elements)
        where T : unmanaged
    {
        GpuBuffer<T> buffer = device.Allocate<T>(elements.Length);
        stream.CopyToDevice<T>(elements, buffer);
        return buffer;
    }

    private static float[] Download(GpuStream stream, GpuBuffer<float> buffer)
    {
        float[] elements = new float[buffer.Length];
        stream.CopyToHost<float>(buffer, elements);
        stream.Synchronize();
        return elements;
    }
}
