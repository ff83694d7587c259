using FlowEngine.Architecture;
using FlowEngine.Kernels;
using FlowEngine.Kernels.Gpu;
using FlowEngine.Kernels.Gpu.Emulator;
using FlowEngine.Models;
using FlowEngine.Tests.Backends;
using FlowEngine.Tests.Models;
using Xunit;

namespace FlowEngine.Tests.Gpu;

/// <summary>A network and its splines in one launch: the bits of the two one after the other, on all runners of kernels.</summary>
[Collection(FakeCudaGroup.Name)]
public sealed class SplineNetworkTests
{
    private const int Small = 50;

    private static readonly GpuDeviceInfo _device = EmulatorDevice.Description;

    [Fact]
    public void On_the_emulator_it_gives_the_bits_of_its_parts()
    {
        using EmulatorDevice device = new();
        using GpuBackend backend = new(device, ownsDevice: false);
        AssertSameBits(backend, rows: 17, columns: 3, hidden: 5);
    }

    [Fact]
    public void On_OpenCL_it_gives_the_bits_of_its_parts()
    {
        using GpuBackend backend = TestDevices.OpenClOrSkip();
        AssertSameBits(backend, rows: 35, columns: 7, hidden: 66);
        AssertSameBits(backend, rows: 1, columns: 4, hidden: 130);
    }

    [Fact]
    public void Where_the_PTX_runs_it_gives_the_bits_of_its_parts()
    {
        using GpuBackend backend = FakeCuda.OpenBackend();
        AssertSameBits(backend, rows: 17, columns: 3, hidden: 5);
        (_, NetworkShape network, RationalQuadraticSpline spline, int passing) = SplineNetworks(2, 3).Last();
        var residual = (LayeredNetworkShape)network;
        Assert.All(Enum.GetValues<Activation>(), activation => AssertSameBits(
            backend, new ImageShape(2, 1, 1, 2), residual with { Activation = activation }, spline, passing));
    }

    // More raw numbers than there is room for at a time: the log slopes are added up over the turns.
    [Fact]
    public void Values_that_do_not_fit_at_once_go_in_turns()
    {
        using GpuBackend backend = TestDevices.OpenClOrSkip();
        GpuDeviceInfo device = GpuDevices.List().Single(known => known.Selector == backend.Name);
        RationalQuadraticSpline spline = new(64, 3, SplineParametrization.Zuko);
        int most = Math.Max(48 * 1024, device.MaxSharedBytesPerGroup / 2) / (sizeof(float) * 20 * spline.ParametersLength);
        DenseNetworkShape network = new(3, 2, 1, (most + 1) * spline.ParametersLength, false);
        SplineNetworkStages stages = StagesOf(network, spline, most + 4, 3, device);
        int half = (most + 2) / 2;
        Assert.Equal([half, most + 1 - half], stages.Stages.Select(stage => stage.Moved).Where(moved => moved > 0));
        AssertSameBits(backend, new ImageShape(3, 1, 1, most + 4), network, spline, 3);
    }

    // 16 rows of 20 words: the input, two hidden layers, the raw numbers of one value; 16 log slopes; a tile of weights.
    [Theory]
    [InlineData(198, 48, true)]
    [InlineData(199, 48, false)]
    [InlineData(199, 96, false)]
    [InlineData(301, 128, true)]
    [InlineData(302, 128, false)]
    [InlineData(302, 227, true)]
    [InlineData(8, 16, false)]
    public void What_a_group_has_room_for_decides(int hidden, int kibibytes, bool fits)
    {
        RationalQuadraticSpline spline = new(2, 3, SplineParametrization.Zuko);
        DenseNetworkShape network = new(3, hidden, 2, 3 * spline.ParametersLength, false);
        SplineNetworkStages stages = StagesOf(
            network, spline, 6, 3, _device with { MaxSharedBytesPerGroup = kibibytes * 1024 });
        Assert.Equal(fits, stages.Fits);
        Assert.InRange(stages.DynamicSharedBytes, fits ? 1 : 0, kibibytes * 1024);
    }

    [Fact]
    public void Other_maps_and_networks_run_by_parts()
    {
        using EmulatorDevice device = new();
        using GpuBackend backend = new(device, ownsDevice: false);
        RationalQuadraticSpline spline = new(4, 3, SplineParametrization.Zuko);
        DenseNetworkShape network = new(3, 8, 1, 3 * spline.ParametersLength, false);
        ISplineNetwork? found = backend.Splines.GetNetwork(network, spline, 6, 3);
        Assert.NotNull(found);
        Assert.Same(found, backend.Splines.GetNetwork(network with { }, spline with { }, 6, 3));
        Assert.Null(backend.Splines.GetNetwork(network with { Hidden = 4096 }, spline, 6, 3));
        Assert.Null(backend.Splines.GetNetwork(
            network with { OutputChannels = 6 }, new MonotonicAffine(AffineParametrization.Zuko), 6, 3));
    }

    // D = 6, a condition of 3, five couplings of 2 x 50 units and 10 bins; then units that do not fit.
    [Theory]
    [InlineData(Small, false, 15, 14)]
    [InlineData(400, false, 45, 39)]
    [InlineData(Small, true, 15, 14)]
    [InlineData(300, true, 100, 94)]
    public void A_coupling_is_one_launch(int hidden, bool residual, int density, int samples)
    {
        using GpuBackend backend = FakeCuda.OpenBackend();
        FakeCuda.SkipKernels();
        SplineOptions options = TinyVectors.Nsf(6, hidden, blocks: 5, mixing: Mixing.Reverse) with
        {
            SplineBins = 10,
            Residual = residual,
            Condition = new ConditionOptions(3, IsClass: false, ConditionInto.Networks),
        };
        using (Model model = TinyGlow.Perturbed(backend, options))
        {
            float[] x = new float[4 * 6];
            float[] condition = new float[4 * 3];
            Assert.Equal(density, Launches(() => model.LogProb(x, condition)));
            Assert.Equal(samples, Launches(() => model.Sample(4, 1, seed: 1, condition: condition)));
        }
    }

    private static int Launches(Action pass)
    {
        pass();
        int before = FakeCuda.Launches;
        pass();
        return FakeCuda.Launches - before;
    }

    private static SplineNetworkStages StagesOf(
        NetworkShape network, RationalQuadraticSpline spline, int dims, int passing, GpuDeviceInfo device) =>
        new(network, SplineNetworkMap.Of(network)!, spline, dims, passing, device);

    private static void AssertSameBits(IBackend backend, int rows, int columns, int hidden) =>
        Assert.All(SplineNetworks(columns, hidden), of =>
            AssertSameBits(backend, new ImageShape(rows, 1, 1, columns), of.Network, of.Spline, of.Passing));

    private static void AssertSameBits(
        IBackend backend, ImageShape shape, NetworkShape network, RationalQuadraticSpline spline, int passing)
    {
        Assert.NotNull(backend.Splines.GetNetwork(network, spline, shape.Dims, passing));
        using OperationBuffers whole = Buffers();
        using OperationBuffers parts = Buffers();
        OperationOutputs ofWhole = RunSplineNetwork(whole, shape, network, spline, passing);
        OperationOutputs ofParts = RunSplineNetwork(parts, shape, network, spline, passing, byParts: true);
        Assert.All(ofWhole.Items.Zip(ofParts.Items), pair =>
        {
            Assert.Equal(pair.Second.Name, pair.First.Name);
            double[] expected = parts.Read(pair.Second.View);
            Assert.DoesNotContain(double.NaN, expected);
            Assert.Equal(expected, whole.Read(pair.First.View));
        });
        Assert.True(whole.GuardsAreUntouched());

        OperationBuffers Buffers() => new(backend, seed: 3, [.. Enumerable.Range(0, shape.Batch)]);
    }
}
