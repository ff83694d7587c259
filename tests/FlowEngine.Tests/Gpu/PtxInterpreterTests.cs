using System.Diagnostics.CodeAnalysis;
using FlowEngine.Conformance;
using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Kernels.Gpu;
using FlowEngine.Kernels.Gpu.Emulator;
using FlowEngine.Models;
using FlowEngine.Tests.Models;
using FlowEngine.Training;
using Xunit;

namespace FlowEngine.Tests.Gpu;

/// <summary>
/// The committed PTX on the stand-in for CUDA, whose interpreter was written from the PTX ISA: kernels compute what they
/// should, and faults in the PTX are caught.
/// </summary>
[Collection(FakeCudaGroup.Name)]
public sealed class PtxInterpreterTests
{
    private const string Product = "BFloat16Product.Multiply, whole numbers";
    private const string Mma = "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f1154, %f1153, %f1152, %f1151}, ";

    // Of shapes; among them are products of even and of odd widths.
    private static readonly int[] _seeds = [0, 1, 4];

    public static TheoryData<string> Names =>
        [.. KernelCases.All.Where(test => !test.EmulatorOnly).Select(test => test.Name)];

    /// <summary>A case, a fault of its PTX, and what the error says; nothing where the result is wrong.</summary>
    public static TheoryData<string, string, string, string> Faults => new()
    {
        // Wrong fragments: registers of A, of B, and rows of a matrix for columns.
        { Product, Mma + "{%r203, %r204,", Mma + "{%r204, %r203,", "" },
        { Product, Mma + "{%r203, %r204, %r205, %r206}, {%r207, %r208}", Mma + "{%r203, %r204, %r205, %r206}, {%r208, %r207}", "" },
        { Product, "ldmatrix.sync.aligned.m8n8.x4.shared", "ldmatrix.sync.aligned.m8n8.x4.trans.shared", "" },

        // Order that is missing.
        { "MatrixProduct.Multiply", "bar.sync \t0;", "", "with no barrier between" },
        { "Reductions.SumByShared", "bar.sync \t0;", "", "with no barrier between" },
        { "PrefixSums.Inclusive", "bar.sync \t0;", "", "with no barrier between" },
        { Product, "bar.sync \t0;", "", "with no barrier between" },
        { Product, "cp.async.wait_group 2;", "cp.async.wait_group 3;", "cp.async" },
        { Product, "cp.async.commit_group;", "", "cp.async" },

        // Parameters and addresses.
        { "Elementwise.Functions", "[Elementwise_Functions_param_2]", "[Elementwise_Functions_param_2+4]", "in no parameter" },
        { "Elementwise.Functions", "[Elementwise_Functions_param_0]", "[Elementwise_Functions_param_0+4]", "in no parameter" },
        { "MatrixProduct.Multiply", "[MatrixProduct_Multiply_param_3]", "[MatrixProduct_Multiply_param_5]", "" },
        { "MatrixProduct.Multiply", "_ZZ22MatrixProduct_MultiplyE5tileA[4096]", "_ZZ22MatrixProduct_MultiplyE5tileA[64]", "no barrier" },
        { "WarpExchange.Exchange", "[%rd9]", "[%rd9+4096000]", "not in device memory" },
        { "WarpExchange.Exchange", "[%rd9]", "[%rd9+2]", "not aligned" },
        { "WarpExchange.Exchange", "shfl.sync.bfly.b32\t%r5, %r4, 5, 31, -1;", "shfl.sync.bfly.b32\t%r5, %r4, 5, 31, 65535;", "mask" },

        // What no assembler would take.
        { "WarpExchange.Exchange", "shfl.sync.bfly.b32", "shfl.sync.updown.b32", "not known: shfl.sync.updown.b32\t%r5, %r4, 5, 31, -1" },
        { "WarpExchange.Exchange", "mul.wide.u32 \t%rd5, %r1, %r2;", "mul.wide.u32 \t%r5, %r1, %r2;", "not known: mul.wide.u32" },
    };

    /// <summary>
    /// Precisions and multiprocessors: the tiles of 64 pixels are for devices with fewer multiprocessors than tiles.
    /// </summary>
    public static TheoryData<NetworkPrecision, int> Devices => new()
    {
        { NetworkPrecision.Full, 108 },
        { NetworkPrecision.TensorFloat32, 108 },
        { NetworkPrecision.TensorFloat32, 1 },
        { NetworkPrecision.BFloat16, 108 },
        { NetworkPrecision.BFloat16, 1 },
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void A_kernel_gives_the_same_as_on_the_emulator(string name)
    {
        KernelCase test = KernelCases.All.Single(test => test.Name == name);
        using GpuDevice device = FakeCuda.Open();
        using EmulatorDevice emulator = new();
        foreach (int seed in _seeds)
        {
            CaseOutcome expected = test.Run(emulator, new Random(seed));
            CaseOutcome actual = test.Run(device, new Random(seed));
            double error = CaseOutcome.Distance(expected.Actual, actual.Actual);
            Assert.True(error <= test.Tolerance, $"{name}, {actual.Shape}: error {error}");
        }
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void Every_operation_of_a_backend_gives_what_it_should(NetworkPrecision precision, int multiprocessors)
    {
        using GpuBackend backend = Open(precision, multiprocessors);
        Assert.All(SelfTest.Run(backend), result =>
            Assert.True(result.Passed, $"{result.Name}: error {result.Error}, expected at most {result.Tolerance}; {result.Fault}"));
    }

    // As wide as both kinds of tiles fit into shared memory: four bands of columns, and their number is odd.
    [Theory]
    [MemberData(nameof(Devices))]
    public void A_wide_network_gives_what_it_should(NetworkPrecision precision, int multiprocessors) => AssertAgrees(
        Network(multiprocessors == 1 ? new(1, 7, 10, 94) : new(1, 3, 9, 94), hidden: 449), precision, multiprocessors);

    [Theory]
    [InlineData(NetworkPrecision.Full)]
    [InlineData(NetworkPrecision.TensorFloat32)]
    [InlineData(NetworkPrecision.BFloat16)]
    public void A_network_wider_than_tiles_gives_what_it_should(NetworkPrecision precision) =>
        AssertAgrees(Network(new(2, 3, 9, 2), hidden: 520), precision);

    // Loops over parts are unrolled by four.
    [Fact]
    public void Sums_of_many_parts_are_what_they_should_be()
    {
        AssertAgrees(Network(new(1, 33, 40, 2), hidden: 5), NetworkPrecision.Full);
        AssertAgrees(new("ChannelSums", new(1, 80, 64, 3), RunChannelSums), NetworkPrecision.Full);
    }

    [Theory]
    [InlineData(NetworkPrecision.Full, MemoryMode.Store, 64, 1e-4)]
    [InlineData(NetworkPrecision.Full, MemoryMode.Invert, 8, 1e-4)]
    [InlineData(NetworkPrecision.TensorFloat32, MemoryMode.Invert, 8, 1e-3)]
    [InlineData(NetworkPrecision.BFloat16, MemoryMode.Store, 8, 1e-2)]
    public void Twenty_updates_of_the_model_of_digits_lose_what_they_lose_on_the_CPU(
        NetworkPrecision precision, MemoryMode memory, int batch, double tolerance)
    {
        const int Updates = 20;

        using CpuBackend cpu = new(2);
        using GpuBackend cuda = FakeCuda.OpenBackend(precision);
        TrainerOptions options = new() { Batch = batch, WarmupSamples = 64, Seed = 4, EmaDecay = 0.9, Memory = memory };
        double[][] losses = [.. new IBackend[] { cpu, cuda }.Select(backend =>
        {
            using Model model = Model.Create(TinyGlow.Config(TinyGlow.Options(hidden: 16)), backend, 1);
            using Trainer trainer = TinyGlow.Train(model, options, 0);
            return Enumerable.Range(0, Updates).Select(_ => trainer.Step().BitsPerDim).ToArray();
        })];
        Assert.All(losses[0].Zip(losses[1]), pair =>
            Assert.True(Math.Abs(pair.First - pair.Second) <= tolerance * pair.First, $"{pair}"));
        Assert.Equal(string.Empty, FakeCuda.Complaints);
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_fault_that_is_planted_in_the_PTX_is_caught(string name, string right, string wrong, string says)
    {
        KernelCase test = KernelCases.All.Single(test => test.Name == name);
        using GpuDevice device = FakeCuda.Open();
        FakeCuda.Plant(right, wrong);
        try
        {
            if (says.Length == 0)
            {
                CaseOutcome outcome = test.Run(device, new Random(0));
                Assert.False(outcome.Error <= test.Tolerance, $"error {outcome.Error}");
            }
            else
            {
                GpuException error = Assert.Throws<GpuException>(() => test.Run(device, new Random(0)));
                Assert.Contains(says, error.Message, StringComparison.Ordinal);
            }
        }
        finally
        {
            device.Dispose();
            FakeCuda.Forget();
        }
    }

    [Fact]
    public void A_fault_whose_text_is_nowhere_is_an_error()
    {
        KernelCase test = KernelCases.All.Single(test => test.Name == "WarpExchange.Exchange");
        using GpuDevice device = FakeCuda.Open();
        FakeCuda.Plant("shfl.sync.up.b64", "");
        CaseOutcome outcome = test.Run(device, new Random(0));
        Assert.True(outcome.Error <= test.Tolerance, $"error {outcome.Error}");
        Assert.Throws<InvalidOperationException>(FakeCuda.Reset);
        FakeCuda.Reset();
    }

    private static BackendCase Network(ImageShape shape, int hidden)
    {
        PixelNetworkShape network = NetworkShape(CouplingKind.Additive, shape.Channels, hidden, true, true);
        return new("PixelNetwork", shape, (buffers, s) => RunPixelNetwork(buffers, s, network));
    }

    private static void AssertAgrees(BackendCase test, NetworkPrecision precision, int multiprocessors = 108)
    {
        using GpuBackend backend = Open(precision, multiprocessors);
        double error = test.Error(backend);
        Assert.True(error <= BackendCase.ToleranceOf(precision), $"{test.Name} of {test.Shape}: error {error}");
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "The backend owns its device.")]
    private static GpuBackend Open(NetworkPrecision precision, int multiprocessors)
    {
        string library = FakeCuda.Path;
        FakeCuda.Reset();
        FakeCuda.Shrink(multiprocessors);
        return new GpuBackend(new GpuDrivers(library, "/nowhere/libOpenCL.so").Open("cuda:0"), precision: precision);
    }
}
