using FlowEngine.Kernels;
using Xunit;

namespace FlowEngine.Tests.Backends;

public abstract partial class BackendTests
{
    [Theory]
    [MemberData(nameof(Shapes))]
    public void Operations_of_RealNVP_agree_with_the_reference(int batch, int height, int width, int channels)
    {
        var shape = new ImageShape(batch, height, width, channels);
        foreach (CouplingMask mask in Masks(channels))
        {
            AssertAgrees((buffers, s) => RunMaskedCoupling(buffers, s, mask), shape);
        }
    }

    [Theory]
    [InlineData(1, 1, 1, 1, 3, 1)]
    [InlineData(2, 5, 3, 6, 33, 1)]
    [InlineData(3, 3, 5, 4, 12, 3)]
    [InlineData(1, 2, 2, 24, 5, 2)]
    [InlineData(1, 3, 43, 12, 20, 1)]
    [InlineData(4, 16, 17, 3, 16, 2)]
    public void Residual_networks_agree_with_the_reference(
        int batch, int height, int width, int channels, int hidden, int blocks)
    {
        var shape = new ImageShape(batch, height, width, channels);
        ResidualNetworkShape network = ResidualShape(shape, hidden, blocks);
        AssertAgrees((buffers, s) => RunResidualNetwork(buffers, s, network), shape);
    }

    [Fact]
    public void Residual_networks_agree_at_every_pixel_count()
    {
        for (int pixels = 1; pixels <= 70; pixels++)
        {
            ImageShape shape = pixels % 2 == 0 ? new(1, 2, pixels / 2, 3) : new(1, pixels, 1, 3);
            ResidualNetworkShape network = ResidualShape(shape, 6, 1);
            AssertAgrees((buffers, s) => RunResidualNetwork(buffers, s, network), shape);
        }
    }

    [Fact]
    public void Operations_of_RealNVP_do_not_depend_on_the_batch()
    {
        foreach ((int height, int width, int channels) in new[] { (1, 1, 1), (3, 5, 6), (7, 19, 4) })
        {
            var shape = new ImageShape(4, height, width, channels);
            ResidualNetworkShape network = ResidualShape(shape, 10, 2);
            AssertIndependentOfTheBatch((buffers, s) => RunResidualNetwork(buffers, s, network), shape);
            foreach (CouplingMask mask in Masks(channels))
            {
                AssertIndependentOfTheBatch((buffers, s) => RunMaskedCoupling(buffers, s, mask), shape);
            }
        }
    }

    private static IEnumerable<CouplingMask> Masks(int channels)
    {
        yield return CouplingMask.Checkerboard(channels, 0);
        yield return CouplingMask.Checkerboard(channels, 1);
        if (channels > 1)
        {
            yield return CouplingMask.Half(channels, movesFirst: false);
            yield return CouplingMask.Half(channels, movesFirst: true);
        }
    }
}
