using FlowEngine.Kernels;
using Xunit;

namespace FlowEngine.Tests.Backends;

public abstract partial class BackendTests
{
    [Theory]
    [MemberData(nameof(Shapes))]
    public void Gaussian_agrees_with_the_reference(int batch, int height, int width, int channels)
    {
        var shape = new ImageShape(batch, height, width, channels);
        AssertAgrees((buffers, s) => RunGaussian(buffers, s, shared: false, inPlace: false), shape);
        AssertAgrees((buffers, s) => RunGaussian(buffers, s, shared: true, inPlace: true), shape);
        AssertAgrees(RunChannelSums, shape);
    }

    [Fact]
    public void Gaussian_agrees_at_every_pixel_count()
    {
        for (int pixels = 1; pixels <= 70; pixels++)
        {
            var shape = new ImageShape(1 + (pixels % 2), 1, pixels, 1 + (pixels % 5));
            AssertAgrees((buffers, s) => RunGaussian(buffers, s, shared: pixels % 3 == 0, inPlace: false), shape);
            AssertAgrees(RunChannelSums, shape);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Gaussian_does_not_depend_on_the_batch(bool shared)
    {
        foreach ((int height, int width, int channels) in new[] { (1, 1, 1), (3, 5, 6), (7, 19, 24) })
        {
            AssertIndependentOfTheBatch(
                (buffers, s) => RunGaussian(buffers, s, shared, inPlace: false),
                new ImageShape(4, height, width, channels));
        }
    }

    [Fact]
    public void Gaussian_log_prob_is_that_of_the_standard_normal()
    {
        var shape = new ImageShape(2, 1, 1, 2);
        using var buffers = new OperationBuffers(Backend, seed: 1);
        BufferView logProb = buffers.Values(10, 20);
        Backend.GaussianLogProb(shape, buffers.Values(0, 0, 1, 2), buffers.Filled(4, 0), 1, logProb);
        double origin = -Math.Log(2 * Math.PI);
        Agreement.AssertClose("logProb", [10 + origin, 20 + origin - 2.5], buffers.Read(logProb), 1e-6);
    }
}
