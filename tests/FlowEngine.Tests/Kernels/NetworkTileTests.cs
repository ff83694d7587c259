using FlowEngine.Kernels;
using FlowEngine.Kernels.Device;
using FlowEngine.Kernels.Gpu;
using Xunit;

namespace FlowEngine.Tests.Kernels;

/// <summary>Where the fused kernels of the coupling network put things, and when they run.</summary>
public sealed class NetworkTileTests
{
    private const int Banks = 32;

    public static TheoryData<NetworkPrecision> Precisions => [.. Enum.GetValues<NetworkPrecision>()];

    // A phase of a matrix load reads 16 bytes of each of eight rows.
    [Theory]
    [MemberData(nameof(Precisions))]
    public void The_rows_of_a_tile_have_no_bank_conflicts(NetworkPrecision precision)
    {
        for (int length = 1; length <= NetworkProduct.PassColumns; length++)
        {
            int stride = NetworkTile.Stride(length, (int)precision);
            AssertAllBanks(Words(8, stride, 4));
        }
    }

    // In bf16 a phase of a transposed load reads 16 bytes of eight pixels; else a fragment is 8 words of four pixels.
    [Fact]
    public void The_rows_of_the_weight_gradients_have_no_bank_conflicts()
    {
        AssertAllBanks(Words(8, WeightGradientKernels.Stride(NetworkTile.BFloat16), 4));
        AssertAllBanks(Words(4, WeightGradientKernels.Stride(NetworkTile.TensorFloat32), 8));
    }

    [Fact]
    public void Every_product_of_the_reference_model_runs_fused_on_data_center_gpus()
    {
        foreach (NetworkPrecision precision in Enum.GetValues<NetworkPrecision>())
        {
            foreach ((int inputs, int outputs) in new[] { (6, 12), (12, 24), (24, 48) })
            {
                var network = new PixelNetworkShape(inputs, 512, outputs, true, false);
                Assert.True(new FusedNetwork(network, precision, Device(227)).Fits);
                Assert.True(new FusedNetwork(network, precision, Device(163)).Fits);
                Assert.False(new FusedNetwork(network with { Hidden = 513 }, precision, Device(227)).Fits);
            }
        }

        // Of the tiles of 64 pixels an H100 has room for both, an A100 for that of bf16, and a GPU for games for that of 32.
        var first = new PixelNetworkShape(6, 512, 12, true, false);
        Assert.True(new FusedNetwork(first, NetworkPrecision.BFloat16, Device(227)).IsWide(65_536));
        Assert.True(new FusedNetwork(first, NetworkPrecision.TensorFloat32, Device(227)).IsWide(65_536));
        Assert.True(new FusedNetwork(first, NetworkPrecision.BFloat16, Device(163)).IsWide(65_536));
        Assert.False(new FusedNetwork(first, NetworkPrecision.TensorFloat32, Device(163)).IsWide(65_536));
        Assert.False(new FusedNetwork(first, NetworkPrecision.BFloat16, Device(99)).IsWide(65_536));
        Assert.True(new FusedNetwork(first, NetworkPrecision.BFloat16, Device(99)).Fits);

        // 64 tiles of 64 pixels would leave half of 132 multiprocessors idle.
        Assert.False(new FusedNetwork(first, NetworkPrecision.BFloat16, Device(227)).IsWide(4_096));
    }

    private static GpuDeviceInfo Device(int sharedKibibytes) =>
        new(GpuRunner.Cuda, 0, "", 0, "", 132, sharedKibibytes * 1024);

    private static IEnumerable<int> Words(int rows, int stride, int count) =>
        from row in Enumerable.Range(0, rows)
        from word in Enumerable.Range(0, count)
        select (row * stride) + word;

    private static void AssertAllBanks(IEnumerable<int> words) =>
        Assert.Equal(Banks, words.Select(word => word % Banks).Distinct().Count());
}
