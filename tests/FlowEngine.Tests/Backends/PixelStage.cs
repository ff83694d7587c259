using FlowEngine.Kernels;
using Xunit;

namespace FlowEngine.Tests.Backends;

public abstract partial class NetworkTests
{
    [Theory]
    [MemberData(nameof(NetworkShapes))]
    public void PixelStage_agrees_with_the_reference(int batch, int height, int width, int channels, int hidden)
    {
        bool inPlace = false;
        foreach ((CouplingKind kind, bool innerActNorm, bool outsideReadsOne) in NetworkKinds.Select(row => row.Data))
        {
            PixelNetworkShape network =
                NetworkShape(kind, channels, Math.Min(hidden, 16), innerActNorm, outsideReadsOne);
            bool aliased = inPlace = !inPlace;
            AssertAgrees(
                (buffers, shape) => RunPixelStage(buffers, shape, kind, network, aliased),
                new ImageShape(batch, height, width, channels));
            if (channels % 4 == 0)
            {
                AssertAgrees(
                    (buffers, shape) => RunPixelStage(buffers, shape, kind, network, aliased, squeeze: true),
                    new ImageShape(batch, height, width, channels));
            }
        }
    }

    [Theory]
    [MemberData(nameof(NetworkKinds))]
    public void PixelStage_agrees_at_every_pixel_count(CouplingKind kind, bool innerActNorm, bool outsideReadsOne)
    {
        PixelNetworkShape network = NetworkShape(kind, 6, 5, innerActNorm, outsideReadsOne);
        for (int pixels = 1; pixels <= 70; pixels++)
        {
            AssertAgrees(
                (buffers, shape) => RunPixelStage(buffers, shape, kind, network, inPlace: false),
                pixels % 2 == 0 ? new ImageShape(1, 2, pixels / 2, 6) : new ImageShape(1, 1, pixels, 6));
        }
    }

    [Theory]
    [MemberData(nameof(NetworkKinds))]
    public void PixelStage_does_not_depend_on_the_batch(CouplingKind kind, bool innerActNorm, bool outsideReadsOne)
    {
        foreach ((int height, int width, int channels) in new[] { (1, 1, 2), (3, 5, 6), (7, 19, 12) })
        {
            PixelNetworkShape network = NetworkShape(kind, channels, 7, innerActNorm, outsideReadsOne);
            AssertIndependentOfTheBatch(
                (buffers, shape) => RunPixelStage(buffers, shape, kind, network, inPlace: false),
                new ImageShape(4, height, width, channels));
        }
    }
}
