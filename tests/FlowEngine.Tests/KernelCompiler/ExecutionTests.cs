using FlowEngine.Kernels.Device;
using FlowEngine.Kernels.Gpu;
using FlowEngine.Kernels.Gpu.Emulator;
using Xunit;

namespace FlowEngine.Tests.KernelCompiler;

/// <summary>Kernels of this project, as the emulator runs them, against plain C#.</summary>
public sealed class ExecutionTests : IDisposable
{
    private readonly EmulatorDevice _device = new();
    private readonly GpuStream _stream;

    public ExecutionTests() => _stream = _device.CreateStream();

    public void Dispose()
    {
        _stream.Dispose();
        _device.Dispose();
    }

    [Fact]
    public void Elementwise_kernel_computes_every_element()
    {
        float[] x = [.. Enumerable.Range(0, 1000).Select(i => i * 0.25f)];
        using GpuBuffer<float> input = Upload(x);
        using GpuBuffer<float> output = _device.Allocate<float>(x.Length);
        ElementwiseKernels.Affine(_stream, LaunchGrid.Cover(x.Length, 256), input, output, 3, x.Length);
        Assert.Equal(x.Select(v => (3 * v) + 0.5f), Download(output));
    }

    [Fact]
    public void Struct_parameter_and_struct_local_reach_the_kernel()
    {
        float[] x = [.. Enumerable.Range(0, 35).Select(i => (float)i)];
        using GpuBuffer<float> input = Upload(x);
        using GpuBuffer<float> output = _device.Allocate<float>(x.Length);
        ElementwiseKernels.Transpose(_stream, new LaunchGrid(1), input, output, new(5, 7, 2));
        float[] y = Download(output);
        for (int i = 0; i < x.Length; i++)
        {
            Assert.Equal(2 * x[i], y[(i % 7 * 5) + (i / 7)]);
        }
    }

    [Fact]
    public void Vectors_and_local_arrays_compute_as_floats_do()
    {
        float[] x = [.. Enumerable.Range(0, 160).Select(i => i * 0.125f)];
        using GpuBuffer<float> input = Upload(x);
        using GpuBuffer<float> output = _device.Allocate<float>(160 + 32);
        ElementwiseKernels.Vectors(_stream, new LaunchGrid(1), input, output, 40);
        float[] y = Download(output);
        float[] addend = [1, 2, 3, -4];
        for (int i = 0; i < x.Length; i++)
        {
            float v = MathF.FusedMultiplyAdd(x[i], 0.5f, addend[i % 4]);
            Assert.Equal((i % 4 == 0 ? v + 1 : v) * 0.5f, y[i]);
        }

        Assert.Equal(y.Take(4).Sum() + y.Skip(128).Take(4).Sum(), y[160], 1e-4f);
    }

    [Fact]
    public void Variant_has_the_constants_that_the_launch_asks_for()
    {
        float[] x = [1, 3, 2];
        using GpuBuffer<float> input = Upload(x);
        using GpuBuffer<float> result = _device.Allocate<float>(1);
        float Reduce(int operation, int exponent)
        {
            VariantKernels.Reduce(_stream, new LaunchGrid(1), input, result, x.Length, operation, exponent);
            return Download(result)[0];
        }

        Assert.Equal(14, Reduce(VariantKernels.Sum, 2));
        Assert.Equal(36, Reduce(VariantKernels.Sum, 3));
        Assert.Equal(9, Reduce(VariantKernels.Largest, 2));
        VariantKernels.Scale(_stream, new LaunchGrid(1), input, x.Length, 1);
        VariantKernels.Scale(_stream, new LaunchGrid(1), input, x.Length, 1);
        VariantKernels.Scale(_stream, new LaunchGrid(1), input, x.Length, -1);
        Assert.Equal([2, 6, 4], Download(input));
    }

    [Fact]
    public void Launch_without_a_variant_for_its_arguments_says_which()
    {
        using GpuBuffer<float> input = Upload<float>([1, 2]);
        ArgumentException error = Assert.Throws<ArgumentException>(() => VariantKernels.Reduce(
            _stream, new LaunchGrid(1), input, input, 2, VariantKernels.Largest, 3));
        Assert.Equal("Reduce has no variant for operation = 1, exponent = 3", error.Message);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(128)]
    [InlineData(300)]
    public void Sums_with_barriers_and_with_shuffles_are_the_whole_sum(int length)
    {
        float[] x = [.. Enumerable.Range(0, length).Select(i => (float)(i % 17))];
        LaunchGrid grid = LaunchGrid.Cover(length, 128);
        using GpuBuffer<float> input = Upload(x);
        using GpuBuffer<float> tree = _device.Allocate<float>(grid.X);
        using GpuBuffer<float> shuffle = _device.Allocate<float>(grid.X);
        ReductionKernels.TreeSum(_stream, grid, input, tree, length);
        ReductionKernels.ShuffleSum(_stream, grid, input, shuffle, length);
        Assert.Equal(x.Sum(), Download(tree).Sum());
        Assert.Equal(x.Sum(), Download(shuffle).Sum());
    }

    [Fact]
    public void Waits_in_loops_in_functions_and_in_several_declarators_work()
    {
        int[] x = [.. Enumerable.Range(0, 192).Select(i => (i * 7919 % 1000) - 700)];
        using GpuBuffer<int> input = Upload(x);
        using GpuBuffer<int> output = Upload(new int[3]);
        ReductionKernels.Largest(_stream, new LaunchGrid(1, DynamicSharedBytes: 64 * sizeof(int)), input, output, 3);
        Assert.Equal([x.Max(), -1, -1], Download(output));
    }

    [Fact]
    public void Integers_promote_shift_and_wrap_as_in_CSharp()
    {
        int[] edges = [0, 1, -1, 7, 33, 200, 255, 256, 65535, -32769, int.MaxValue, int.MinValue + 1, 123456789];
        int[] pairs = [.. edges.SelectMany(a => edges.SelectMany(b => new[] { a, b }))];
        int count = pairs.Length / 2;
        using GpuBuffer<int> input = Upload(pairs);
        using GpuBuffer<long> output = _device.Allocate<long>(count * IntegerKernels.Results);
        IntegerKernels.Promotions(_stream, new LaunchGrid(1), input, output, count);
        long[] results = Download(output);
        for (int i = 0; i < count; i++)
        {
            Assert.Equal(
                Promotions(pairs[2 * i], pairs[(2 * i) + 1]), results.Skip(i * IntegerKernels.Results).Take(IntegerKernels.Results));
        }
    }

    [Fact]
    public void Every_statement_runs_as_in_CSharp()
    {
        int[] starts = [.. Enumerable.Range(1, 50)];
        using GpuBuffer<int> input = Upload(starts);
        using GpuBuffer<int> output = _device.Allocate<int>(50);
        ControlFlowKernels.Collatz(_stream, new LaunchGrid(1), input, output, 50);
        Assert.Equal(starts.Select(CollatzSteps), Download(output));

        using GpuBuffer<int> counts = _device.Allocate<int>(64);
        ControlFlowKernels.CountPairs(_stream, new LaunchGrid(1), input, counts, 50);
        Assert.Equal(25 + 2, Download(counts)[3]);
        Assert.Equal(Enumerable.Range(0, 25).Sum(), Download(counts)[35]);
    }

    [Fact]
    public void Tensor_cores_multiply_what_asynchronous_copies_bring()
    {
        float[] a = [.. Enumerable.Range(0, 256).Select(i => (float)(i % 13) - 6)];
        float[] b = [.. Enumerable.Range(0, 128).Select(i => (float)(i % 7) - 3)];
        using GpuBuffer<BFloat16> rows = Upload([.. a.Select(BFloat16.FromSingle)]);
        using GpuBuffer<BFloat16> columns = Upload([.. b.Select(BFloat16.FromSingle)]);
        using GpuBuffer<float> output = _device.Allocate<float>(128);
        TensorKernels.Product(_stream, new LaunchGrid(1), rows, columns, output);
        float[] d = Download(output);
        for (int i = 0; i < 128; i++)
        {
            Assert.Equal(Enumerable.Range(0, 16).Sum(k => a[(i / 8 * 16) + k] * b[(i % 8 * 16) + k]), d[i]);
        }
    }

    [Fact]
    public void Kernel_that_is_not_portable_may_diverge_by_warps()
    {
        using GpuBuffer<float> output = _device.Allocate<float>(64);
        TensorKernels.Roles(_stream, new LaunchGrid(1), output);
        Assert.Equal(Enumerable.Range(0, 64).Select(i => i < 32 ? 496f : i - 32), Download(output));
        Assert.False(TensorKernels.RolesKernel.Portable);
    }

    [Fact]
    public void Fault_names_the_line_of_the_kernels_source()
    {
        using GpuBuffer<float> input = _device.Allocate<float>(8);
        using GpuBuffer<float> sums = _device.Allocate<float>(8);
        GpuException fault = Assert.Throws<GpuException>(
            () => ReductionKernels.TreeSum(_stream, new LaunchGrid(1), input, sums, 1000));
        Assert.Contains("ReductionKernels.cs:16", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Descriptor_says_what_the_kernel_declares()
    {
        KernelDescriptor kernel = ReductionKernels.ShuffleSumKernel;
        Assert.Equal(
            ("ReductionKernels_ShuffleSum", 128, 16, false, true),
            (kernel.Name, kernel.BlockSize, kernel.StaticSharedBytes, kernel.UsesDynamicShared, kernel.Portable));
        Assert.True(ReductionKernels.LargestKernel.UsesDynamicShared);
        Assert.Equal(
            [new("x", KernelParameterKind.ReadOnlyView, 4), new("y", KernelParameterKind.View, 4), new("size", KernelParameterKind.Value, 12)],
            ElementwiseKernels.TransposeKernel.Parameters);
    }

    private static int CollatzSteps(int start)
    {
        int steps = 0;
        for (long value = start; value != 1; steps++)
        {
            value = value % 2 == 0 ? value / 2 : (3 * value) + 1;
        }

        return steps;
    }

    // The kernel's statements, run by the C# compiler's own rules.
    private static long[] Promotions(int a, int b)
    {
        long[] r = new long[IntegerKernels.Results];
        uint u = (uint)a;
        byte small = (byte)a;
        sbyte signed = (sbyte)b;
        ushort half = (ushort)b;
        short @short = (short)a;
        long wide = ((long)a << 20) ^ b;
        ulong huge = (ulong)wide;
        r[0] = u + b;
        r[1] = u * (uint)b;
        r[2] = u < b ? 1 : 0;
        r[3] = -u;
        r[4] = a << b;
        r[5] = a >> b;
        r[6] = a >>> b;
        r[7] = u >> (b & 7);
        r[8] = wide >>> 5;
        r[9] = wide >> b;
        r[10] = (long)(huge << b);
        r[11] = small + signed;
        r[12] = (byte)(small * half);
        small += 200;
        r[13] = small;
        small >>= 1;
        r[14] = small;
        half <<= 3;
        r[15] = half;
        signed >>>= 2;
        r[16] = signed;
        @short *= 3;
        r[17] = @short;
        a -= -b;
        r[18] = a;
        u -= 1;
        r[19] = u;
        r[20] = ~u & 0xffff0000u | (uint)(a ^ b);
        small++;
        r[21] = small;
        wide %= 1000;
        r[22] = wide;
        r[23] = b is 0 or -1 ? long.MinValue : int.MinValue + (long)(a / b) - (a % b);
        return r;
    }

    private GpuBuffer<T> Upload<T>(T[] elements)
        where T : unmanaged
    {
        GpuBuffer<T> buffer = _device.Allocate<T>(elements.Length);
        _stream.CopyToDevice<T>(elements, buffer);
        return buffer;
    }

    private T[] Download<T>(GpuBuffer<T> buffer)
        where T : unmanaged
    {
        T[] elements = new T[buffer.Length];
        _stream.CopyToHost<T>(buffer, elements);
        _stream.Synchronize();
        return elements;
    }
}
