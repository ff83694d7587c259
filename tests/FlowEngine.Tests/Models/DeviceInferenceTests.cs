using FlowEngine.Architecture;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Kernels.Gpu;
using FlowEngine.Models;
using FlowEngine.Tests.Backends;
using FlowEngine.Tests.Gpu;
using Xunit;

namespace FlowEngine.Tests.Models;

/// <summary>Arrays in device memory give the bits that arrays in host memory give.</summary>
[Collection(FakeCudaGroup.Name)]
public sealed class DeviceInferenceTests
{
    private const int Count = 5;
    private const ulong Seed = 9;
    private const uint FirstIndex = 3;

    public static TheoryData<string> Selectors => ["opencl:0", "emulator", "cuda:0"];

    [Theory]
    [MemberData(nameof(Selectors))]
    public void Densities_are_those_of_host_arrays(string selector)
    {
        using Run run = new(selector);
        Model model = run.Model;
        double[] logProb = run.Call<double>(Count, (device, result) => device.LogProb(run.Images, result));
        Assert.Equal(model.LogProb(run.HostImages), logProb);
        double[] bits = run.Call<double>(Count, (device, result) => device.BitsPerDim(run.Images, result));
        Assert.Equal(logProb.Select(value => FlowEngine.Models.BitsPerDim.FromLogProb(value, model.Flow.Dims, 17)), bits);
        double[] dequantized = run.Call<double>(
            Count, (device, result) => device.LogProb(run.Levels, Seed, FirstIndex, result));
        Assert.Equal(model.LogProb(run.HostLevels, Seed, FirstIndex), dequantized);
        bits = run.Call<double>(Count, (device, result) => device.BitsPerDim(run.Levels, Seed, FirstIndex, result));
        Assert.Equal(dequantized.Select(value => FlowEngine.Models.BitsPerDim.FromLogProb(value, model.Flow.Dims, 17)), bits);
    }

    [Theory]
    [MemberData(nameof(Selectors))]
    public void Latents_and_images_are_those_of_host_arrays(string selector)
    {
        using Run run = new(selector);
        Model model = run.Model;
        int dims = model.Flow.Dims;
        float[][] levels = model.Forward(run.HostImages);
        float[] latents = run.Call<float>(Count * dims, (device, result) => device.Forward(run.Images, result));
        float[] rows = [.. Enumerable.Range(0, Count).SelectMany(image =>
            levels.SelectMany(level => level.Skip(image * level.Length / Count).Take(level.Length / Count)))];
        Assert.Equal(rows, latents);
        using GpuBuffer<float> z = run.Upload<float>(latents);
        float[] images = model.Inverse(levels);
        Assert.Equal(images, run.Call<float>(Count * dims, (device, result) => device.Inverse(z, result)));

        using GpuBuffer<float> first = run.Upload<float>(new float[levels[0].Length]);
        using GpuBuffer<float> second = run.Upload<float>(new float[levels[1].Length]);
        float[] again = run.Call<float>(Count * dims, (device, result) =>
        {
            device.Forward(run.Images, [first.View, second.View]);
            device.Inverse([first.View, second.View], result);
        });
        Assert.Equal(levels[0], run.Download<float>(first));
        Assert.Equal(levels[1], run.Download<float>(second));
        Assert.Equal(images, again);

        double[] largest = run.Call<double>(Count, (device, result) => device.RoundTrip(run.Images, result));
        Assert.Equal(
            Enumerable.Range(0, Count).Select(image => Enumerable.Range(image * dims, dims).Max(
                i => Math.Abs((double)images[i] - run.HostImages[i]))),
            largest);
    }

    [Theory]
    [MemberData(nameof(Selectors))]
    public void Samples_and_grey_levels_are_those_of_host_arrays(string selector)
    {
        using Run run = new(selector);
        Model model = run.Model;
        int length = Count * model.Flow.Dims;
        float[] drawn = model.Sample(Count, 0.7, Seed, FirstIndex);
        Assert.Equal(drawn, run.Call<float>(length, (device, result) => device.Sample(0.7, Seed, FirstIndex, result)));
        Assert.Equal(
            model.Quantize(drawn),
            run.Call<byte>(length, (device, result) => device.Sample(0.7, Seed, FirstIndex, result)));
        Assert.Equal(
            model.Dequantize(run.HostLevels, Seed, FirstIndex),
            run.Call<float>(length, (device, result) => device.Dequantize(run.Levels, Seed, FirstIndex, result)));
    }

    [Theory]
    [MemberData(nameof(Selectors))]
    public void Samples_of_a_logistic_prior_are_those_of_host_arrays(string selector)
    {
        using Run run = new(selector, TinyVectors.Nice(columns: 6));
        Model model = run.Model;
        Assert.Equal(
            model.Sample(Count, 0.7, Seed, FirstIndex),
            run.Call<float>(
                Count * model.Flow.Dims, (device, result) => device.Sample(0.7, Seed, FirstIndex, result)));
    }

    [Fact]
    public void A_level_that_is_not_below_bins_makes_its_image_NaN_and_no_other()
    {
        using Run run = new("emulator");
        byte[] levels = [.. run.HostLevels];
        levels[^1] = 17;
        using GpuBuffer<byte> bad = run.Upload<byte>(levels);
        double[] logProb = run.Call<double>(Count, (device, result) => device.LogProb(bad, Seed, FirstIndex, result));
        Assert.Equal(run.Model.LogProb(run.HostLevels, Seed, FirstIndex)[..^1], logProb[..^1]);
        Assert.True(double.IsNaN(logProb[^1]));
    }

    [Fact]
    public void A_round_trip_that_is_no_number_is_NaN()
    {
        using Run run = new("emulator");
        float[] images = [.. run.HostImages];
        images[7] = float.NaN;
        using GpuBuffer<float> bad = run.Upload<float>(images);
        double[] largest = run.Call<double>(Count, (device, result) => device.RoundTrip(bad, result));
        Assert.True(double.IsNaN(largest[0]));
        Assert.True(largest[1] < 1e-3);
    }

    [Fact]
    public void Lengths_and_devices_that_do_not_fit_are_refused()
    {
        using Run run = new("emulator");
        DeviceInference device = new(run.Model);
        using GpuBuffer<double> two = run.Upload<double>(new double[2]);
        Refused(() => device.LogProb(run.Images, two));
        Refused(() => device.Sample(double.NaN, Seed, 0, run.Images));
        Refused(() => device.Forward(run.Images, [run.Images.View]));
        using CpuBackend cpu = new();
        using Model onCpu = TinyGlow.Perturbed(cpu, TinyGlow.Options());
        Refused(() => _ = new DeviceInference(onCpu));
    }

    private static void Refused(Action call) =>
        Assert.Equal(FlowErrorKind.InvalidArgument, Assert.Throws<FlowException>(call).Kind);

    // A model on a device, and arrays beside it.
    private sealed class Run : IDisposable
    {
        private readonly GpuDevice _device;
        private readonly GpuBackend _backend;
        private readonly GpuStream _stream;

        public Run(string selector, IModelOptions? options = null)
        {
            if (selector == "opencl:0")
            {
                TestDevices.SkipWithoutOpenCl();
            }

            // The stand-in for its driver, which runs the PTX.
            _device = selector == "cuda:0" ? FakeCuda.Open() : GpuDevices.Open(selector);
            _backend = new GpuBackend(_device, ownsDevice: false);
            _stream = _device.CreateStream();
            Model = TinyGlow.Perturbed(
                _backend, options ?? TinyGlow.Options(height: 4, width: 4, hidden: 4, steps: 1));
            Model.BatchSize = 2;
            HostImages = TinyGlow.Images(Model.Flow, Count);
            HostLevels = [.. Enumerable.Range(0, HostImages.Length).Select(i => (byte)(i * 7 % 17))];
            Images = Upload<float>(HostImages);
            Levels = Upload<byte>(HostLevels);
        }

        public Model Model { get; }

        public float[] HostImages { get; }

        public byte[] HostLevels { get; }

        public GpuBuffer<float> Images { get; }

        public GpuBuffer<byte> Levels { get; }

        public GpuBuffer<T> Upload<T>(ReadOnlySpan<T> values)
            where T : unmanaged
        {
            GpuBuffer<T> buffer = _device.Allocate<T>(values.Length);
            _stream.CopyToDevice(values, buffer);
            _stream.Synchronize();
            return buffer;
        }

        public T[] Download<T>(GpuBuffer<T> buffer)
            where T : unmanaged
        {
            // Reading waits for the backend's own queue.
            _ = _backend.IsFinite(Model.Weights);
            T[] values = new T[buffer.Length];
            _stream.CopyToHost(buffer, values.AsSpan());
            _stream.Synchronize();
            return values;
        }

        public T[] Call<T>(int length, Action<DeviceInference, GpuView<T>> call)
            where T : unmanaged
        {
            using GpuBuffer<T> result = _device.Allocate<T>(length);
            call(new DeviceInference(Model), result);
            return Download(result);
        }

        public void Dispose()
        {
            Model.Dispose();
            Images.Dispose();
            Levels.Dispose();
            _backend.Dispose();
            _stream.Dispose();
            _device.Dispose();
        }
    }
}
