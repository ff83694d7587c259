using FlowEngine.Kernels.Gpu;
using FlowEngine.Kernels.Gpu.Emulator;
using Xunit;

namespace FlowEngine.Tests.Gpu;

/// <summary>What every runner does alike: memory, copies, launches, marks, graphs, and what each refuses.</summary>
public abstract class RunnerTests : IDisposable
{
    private readonly Lazy<GpuDevice> _device;

    protected RunnerTests() => _device = new Lazy<GpuDevice>(Open);

    /// <summary>The device; where there is none, the test is skipped.</summary>
    protected GpuDevice Device => _device.Value;

    public static TheoryData<int> Lengths => [1, 63, 64, 65, 255, 4097];

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Copies_keep_every_byte(int length)
    {
        using GpuStream stream = Device.CreateStream();
        using GpuBuffer<float> first = Device.Allocate<float>(length);
        using GpuBuffer<float> second = Device.Allocate<float>(length);
        float[] sent = Numbers(length, 1);
        float[] got = new float[length];
        stream.CopyToDevice<float>(sent, first);
        stream.Copy<float>(first, second);
        stream.CopyToHost<float>(second, got);
        stream.Synchronize();
        Assert.Equal(sent, got);
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Pinned_copies_keep_every_byte(int length)
    {
        using GpuStream stream = Device.CreateStream();
        using GpuBuffer<long> buffer = Device.Allocate<long>(length);
        using PinnedBuffer<long> sent = Device.AllocatePinned<long>(length);
        using PinnedBuffer<long> got = Device.AllocatePinned<long>(length);
        for (int i = 0; i < length; i++)
        {
            sent.Span[i] = i * 0x0123456789L;
        }

        stream.CopyToDevice<long>(sent.Span, buffer);
        stream.CopyToHost(buffer, got.Span);
        stream.Synchronize();
        Assert.Equal(length, got.Span.Length);
        Assert.True(sent.Span.SequenceEqual(got.Span));
    }

    [Fact]
    public void Copies_and_clears_of_parts_leave_the_rest()
    {
        using GpuStream stream = Device.CreateStream();
        using GpuBuffer<byte> buffer = Device.Allocate<byte>(1000);
        byte[] expected = new byte[1000];
        new Random(3).NextBytes(expected);
        stream.CopyToDevice<byte>(expected, buffer);

        // Odd places and lengths: nothing rests on words.
        stream.Clear(buffer.View.Slice(101, 37));
        expected.AsSpan(101, 37).Clear();
        stream.Clear(buffer.View.Slice(200, 40));
        expected.AsSpan(200, 40).Clear();
        stream.Copy(buffer.View.Slice(1, 99), buffer.View.Slice(501, 99));
        expected.AsSpan(1, 99).CopyTo(expected.AsSpan(501));
        stream.CopyToDevice<byte>(new byte[] { 1, 2, 3 }, buffer.View.Slice(997, 3));
        new byte[] { 1, 2, 3 }.CopyTo(expected, 997);
        byte[] part = new byte[7];
        stream.CopyToHost(buffer.View.Slice(500, 7), part);
        byte[] got = new byte[1000];
        stream.CopyToHost<byte>(buffer, got);
        stream.Synchronize();
        Assert.Equal(expected, got);
        Assert.Equal(expected[500..507], part);
    }

    [Fact]
    public void Nothing_can_be_copied()
    {
        using GpuStream stream = Device.CreateStream();
        using GpuBuffer<int> buffer = Device.Allocate<int>(4);
        stream.CopyToDevice(ReadOnlySpan<int>.Empty, buffer.View.Slice(2, 0));
        stream.CopyToHost(buffer.View.Slice(4, 0), []);
        stream.Copy(buffer.View.Slice(0, 0), buffer.View.Slice(1, 0));
        stream.Clear(buffer.View.Slice(3, 0));
        stream.Synchronize();
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void A_kernel_runs_over_all_elements_and_no_more(int length)
    {
        using GpuStream stream = Device.CreateStream();
        float[] sum = new float[length + 64];
        float[] x = Numbers(length, 1);
        float[] y = Numbers(length, 2);
        using GpuBuffer<float> deviceX = Filled(stream, x);
        using GpuBuffer<float> deviceY = Filled(stream, y);
        using GpuBuffer<float> deviceSum = Filled(stream, Enumerable.Repeat(-1f, sum.Length).ToArray());
        RunnerKernels.Add(stream, deviceX, deviceY, deviceSum, length);
        stream.CopyToHost<float>(deviceSum, sum);
        stream.Synchronize();
        Assert.Equal(x.Zip(y, (a, b) => a + b).Concat(Enumerable.Repeat(-1f, 64)), sum);
    }

    [Fact]
    public void Views_that_start_within_a_buffer_are_arguments()
    {
        const int Part = 1024;

        using GpuStream stream = Device.CreateStream();
        float[] x = Numbers(4 * Part, 1);
        using GpuBuffer<float> buffer = Filled(stream, x);
        GpuView<float> all = buffer.View;

        // At any element: no driver's alignment of buffers counts.
        int length = Part - 3;
        RunnerKernels.Add(
            stream, all.Slice(Part + 3, length), all.Slice((3 * Part) + 1, length), all.Slice((2 * Part) + 2, length), length);
        float[] got = new float[4 * Part];
        stream.CopyToHost<float>(buffer, got);
        stream.Synchronize();
        float[] expected = [.. x];
        for (int i = 0; i < length; i++)
        {
            expected[(2 * Part) + 2 + i] = x[Part + 3 + i] + x[(3 * Part) + 1 + i];
        }

        Assert.Equal(expected, got);
    }

    [Fact]
    public void Values_and_structs_arrive_as_they_were_given()
    {
        using GpuStream stream = Device.CreateStream();
        using GpuBuffer<double> values = Device.Allocate<double>(6);
        RunnerKernels.Report(
            stream, values, -7, 0.1, new RunnerKernels.Pair(123456789, 2.5f), -(1L << 52), 4_000_000_000);
        double[] got = new double[6];
        stream.CopyToHost<double>(values, got);
        stream.Synchronize();
        Assert.Equal([-7, 0.1, 123456789, 2.5, -(double)(1L << 52), 4e9], got);
    }

    [Fact]
    public void Dynamic_shared_memory_is_as_large_as_the_launch_says()
    {
        const int Groups = 5;

        using GpuStream stream = Device.CreateStream();
        int[] data = [.. Enumerable.Range(0, Groups * RunnerKernels.ReverseBlock)];
        using GpuBuffer<int> buffer = Filled(stream, data);
        RunnerKernels.Reverse(stream, buffer, RunnerKernels.ReverseBlock * sizeof(int));
        int[] got = new int[data.Length];
        stream.CopyToHost<int>(buffer, got);

        // More than 48 KiB, which CUDA gives only to functions that asked for it.
        RunnerKernels.Reverse(stream, buffer, 100 * 1024);
        int[] back = new int[data.Length];
        stream.CopyToHost<int>(buffer, back);
        stream.Synchronize();
        Assert.Equal(data.Chunk(RunnerKernels.ReverseBlock).SelectMany(group => group.Reverse()), got);
        Assert.Equal(data, back);
    }

    [Fact]
    public void A_grid_has_three_dimensions()
    {
        using GpuStream stream = Device.CreateStream();
        using GpuBuffer<int> marks = Device.Allocate<int>(5 * 3 * 2);
        RunnerKernels.MarkGroups(stream, new LaunchGrid(5, 3, 2), marks);
        int[] got = new int[5 * 3 * 2];
        stream.CopyToHost<int>(marks, got);
        stream.Synchronize();
        Assert.Equal(Enumerable.Range(1, got.Length), got);
    }

    [Fact]
    public void Marks_order_streams_and_tell_the_time_between()
    {
        using GpuStream first = Device.CreateStream();
        using GpuStream second = Device.CreateStream();
        using GpuEvent start = Device.CreateEvent();
        using GpuEvent end = Device.CreateEvent();
        using GpuBuffer<float> x = Filled(first, Numbers(4096, 1));
        using GpuBuffer<float> sum = Device.Allocate<float>(4096);
        start.Synchronize();
        first.Record(start);
        for (int i = 0; i < 20; i++)
        {
            RunnerKernels.Add(first, x, x, sum, 4096);
        }

        first.Record(end);
        second.Wait(end);
        float[] got = new float[4096];
        second.CopyToHost<float>(sum, got);
        second.Synchronize();
        end.Synchronize();
        Assert.Equal(Numbers(4096, 1).Select(value => value + value), got);
        TimeSpan elapsed = end.ElapsedSince(start);
        Assert.InRange(elapsed, TimeSpan.FromTicks(1), TimeSpan.FromSeconds(60));

        // A mark can be set again.
        first.Record(end);
        end.Synchronize();
        Assert.True(end.ElapsedSince(start) >= elapsed);
    }

    [Fact]
    public void A_graph_replays_the_work_on_what_the_memory_then_holds()
    {
        using GpuStream stream = Device.CreateStream();
        using GpuStream other = Device.CreateStream();
        using GpuEvent mark = Device.CreateEvent();
        using GpuBuffer<float> x = Device.Allocate<float>(2048);
        using GpuBuffer<float> y = Filled(stream, Numbers(1024, 2));
        using GpuBuffer<float> sum = Filled(stream, new float[1024]);
        using GpuBuffer<float> copy = Filled(stream, Numbers(1024, 9));
        stream.Synchronize();
        stream.BeginCapture();
        RunnerKernels.Add(stream, x.View.Slice(1024, 1024), y, sum, 1024);
        stream.Clear(copy.View.Slice(0, 512));
        stream.Copy(sum.View.Slice(512, 512), copy.View.Slice(512, 512));
        stream.Record(mark);
        stream.Wait(mark);
        using GpuGraph graph = stream.EndCapture();
        float[] got = new float[1024];
        stream.CopyToHost<float>(sum, got);
        stream.Synchronize();
        Assert.Equal(new float[1024], got);
        foreach (GpuStream on in new[] { stream, other, stream })
        {
            float[] input = Numbers(2048, got.GetHashCode());
            on.CopyToDevice<float>(input, x);
            on.Launch(graph);
            float[] copied = new float[1024];
            on.CopyToHost<float>(sum, got);
            on.CopyToHost<float>(copy, copied);
            on.Synchronize();
            mark.Synchronize();
            float[] expected = [.. input[1024..].Zip(Numbers(1024, 2), (a, b) => a + b)];
            Assert.Equal(expected, got);
            Assert.Equal(new float[512].Concat(expected[512..]), copied);
        }
    }

    [Fact]
    public void What_cannot_be_captured_is_refused()
    {
        using GpuStream stream = Device.CreateStream();
        using GpuBuffer<int> buffer = Device.Allocate<int>(4);
        Refused(() => stream.EndCapture().Dispose(), "does not capture");
        stream.BeginCapture();
        Refused(stream.BeginCapture, "captures already");
        Refused(stream.Synchronize, "cannot be waited for");
        Refused(() => stream.CopyToDevice<int>(new int[4], buffer), "cannot be captured");
        Refused(() => stream.CopyToHost<int>(buffer, new int[4]), "cannot be captured");
        stream.EndCapture().Dispose();
        stream.Synchronize();
    }

    [Fact]
    public void Memory_that_is_written_may_not_overlap_another_argument()
    {
        using GpuStream stream = Device.CreateStream();
        using GpuBuffer<float> buffer = Filled(stream, Numbers(4096, 1));
        GpuView<float> all = buffer.View;
        Refused(
            () => RunnerKernels.Add(stream, all.Slice(0, 1024), all.Slice(1024, 1024), all.Slice(1023, 1024), 1024),
            "RunnerKernels_Add: x and sum overlap");
        Refused(
            () => RunnerKernels.Add(stream, all.Slice(0, 1024), all.Slice(2048, 1024), all.Slice(2048, 1024), 1024),
            "y and sum overlap");

        // What is only read may be the same, and neighbours do not overlap.
        RunnerKernels.Add(stream, all.Slice(0, 1024), all.Slice(0, 1024), all.Slice(1024, 1024), 1024);
        stream.Synchronize();
    }

    [Fact]
    public void Grids_and_shared_memory_beyond_the_limits_are_refused()
    {
        using GpuStream stream = Device.CreateStream();
        using GpuBuffer<int> marks = Device.Allocate<int>(64);
        Refused(() => RunnerKernels.MarkGroups(stream, new LaunchGrid(0), marks), "the grid is 0 x 1 x 1");
        Refused(() => RunnerKernels.MarkGroups(stream, new LaunchGrid(-1), marks), "the grid is -1 x 1 x 1");
        Refused(() => RunnerKernels.MarkGroups(stream, new LaunchGrid(1, 65536), marks), "the grid is 1 x 65536 x 1");
        Refused(() => RunnerKernels.MarkGroups(stream, new LaunchGrid(1, 1, 0), marks), "the grid is 1 x 1 x 0");
        Refused(
            () => RunnerKernels.MarkGroups(stream, new LaunchGrid(1, DynamicSharedBytes: 4), marks),
            "4 bytes of dynamic shared memory");
        Refused(() => RunnerKernels.Reverse(stream, marks, -1), "-1 bytes of dynamic shared memory");
        Refused(
            () => RunnerKernels.Reverse(stream, marks, 1 << 20), "a group needs 1048576 bytes of shared memory");
    }

    [Fact]
    public void Arguments_that_are_not_the_kernels_are_refused()
    {
        using GpuStream stream = Device.CreateStream();
        using GpuBuffer<float> x = Device.Allocate<float>(64);
        Refused(
            () =>
            {
                KernelLaunch launch = new(stream, RunnerKernels.AddKernel, new LaunchGrid(1));
                launch.Add(x.View);
                launch.Submit();
            },
            "the launch has 1 arguments, expected 4");
        Refused(
            () =>
            {
                KernelLaunch launch = new(stream, RunnerKernels.MarkGroupsKernel, new LaunchGrid(1));
                launch.Add(1);
                launch.Submit();
            },
            "marks is a value of 4 bytes, expected device memory");
    }

    [Fact]
    public void Too_much_memory_is_an_error_that_says_how_much()
    {
        const long Much = 1L << 50;

        GpuException error = Assert.Throws<GpuException>(() => Device.Allocate<byte>(Much));
        Assert.Equal(GpuErrorKind.OutOfMemory, error.Kind);
        Assert.Contains(FormattableString.Invariant($"{Much} bytes"), error.Message, StringComparison.Ordinal);

        // The device goes on.
        using GpuBuffer<byte> little = Device.Allocate<byte>(1);
    }

    [Fact]
    public void Many_threads_with_streams_of_their_own_do_not_disturb_each_other()
    {
        const int Threads = 8;
        const int Rounds = 40;

        GpuDevice device = Device;
        Parallel.For(0, Threads, new ParallelOptions { MaxDegreeOfParallelism = Threads }, thread =>
        {
            using GpuStream stream = device.CreateStream();
            for (int round = 0; round < Rounds; round++)
            {
                int length = 1 + (((thread * 131) + (round * 17)) % 300);
                float[] x = Numbers(length, thread);
                float[] y = Numbers(length, round + 100);
                using GpuBuffer<float> deviceX = device.Allocate<float>(length);
                using GpuBuffer<float> deviceY = device.Allocate<float>(length);
                using GpuBuffer<float> deviceSum = device.Allocate<float>(length);
                stream.CopyToDevice<float>(x, deviceX);
                stream.CopyToDevice<float>(y, deviceY);
                RunnerKernels.Add(stream, deviceX, deviceY, deviceSum, length);
                float[] sum = new float[length];
                stream.CopyToHost<float>(deviceSum, sum);
                stream.Synchronize();
                Assert.Equal(x.Zip(y, (a, b) => a + b), sum);
            }
        });
    }

    [Fact]
    public void What_is_left_is_freed_with_the_device_and_can_still_be_disposed()
    {
        GpuDevice device = Device;
        GpuStream stream = device.CreateStream();
        GpuEvent mark = device.CreateEvent();
        GpuBuffer<int> buffer = device.Allocate<int>(100);
        PinnedBuffer<int> pinned = device.AllocatePinned<int>(100);
        stream.Clear<int>(buffer);
        stream.BeginCapture();
        stream.Clear<int>(buffer);
        GpuGraph graph = stream.EndCapture();
        device.Dispose();
        device.Dispose();
        foreach (IDisposable left in new IDisposable[] { graph, pinned, buffer, mark, stream })
        {
            left.Dispose();
        }

        Assert.Throws<ObjectDisposedException>(() => device.Allocate<int>(1));
    }

    [Fact]
    public void Memory_of_another_device_is_refused()
    {
        using GpuDevice other = new EmulatorDevice();
        using GpuStream stream = Device.CreateStream();
        using GpuBuffer<int> marks = other.Allocate<int>(4);
        ArgumentException error = Assert.Throws<ArgumentException>(
            () => RunnerKernels.MarkGroups(stream, new LaunchGrid(4), marks));
        Assert.Contains("marks does not lie on", error.Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        if (_device.IsValueCreated)
        {
            _device.Value.Dispose();
        }

        Closed();
        GC.SuppressFinalize(this);
    }

    protected abstract GpuDevice Open();

    /// <summary>Looks at what a test has left behind.</summary>
    protected virtual void Closed()
    {
    }

    protected static GpuException Refused(Action action, string says)
    {
        GpuException error = Assert.Throws<GpuException>(action);
        Assert.Equal(GpuErrorKind.InvalidOperation, error.Kind);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        return error;
    }

    protected static float[] Numbers(int length, int seed)
    {
        Random random = new(seed);
        float[] numbers = new float[length];
        for (int i = 0; i < length; i++)
        {
            numbers[i] = random.NextSingle() - 0.5f;
        }

        return numbers;
    }

    protected GpuBuffer<T> Filled<T>(GpuStream stream, T[] elements)
        where T : unmanaged
    {
        GpuBuffer<T> buffer = Device.Allocate<T>(elements.Length);
        stream.CopyToDevice<T>(elements, buffer);

        // Other streams may use it at once.
        stream.Synchronize();
        return buffer;
    }
}
