using FlowEngine.Kernels;
using Xunit;

namespace FlowEngine.Tests.Backends;

public abstract partial class BackendTests
{
    [Theory]
    [MemberData(nameof(Shapes))]
    public void ActNormStatistics_agree_with_the_reference(int batch, int height, int width, int channels)
    {
        AssertAgrees(
            (buffers, shape) =>
            {
                BufferView mean = buffers.Output(shape.Channels);
                BufferView deviation = buffers.Output(shape.Channels);
                buffers.Backend.ActNormStatistics(shape, buffers.PerImage(shape.Dims, 2, 3), mean, deviation);
                return new OperationOutputs().Shared("mean", mean).Shared("deviation", deviation);
            },
            new ImageShape(batch, height, width, channels));
    }

    [Fact]
    public void ActNormStatistics_keep_a_small_deviation_beside_a_large_mean()
    {
        var shape = new ImageShape(2, 3, 1, 1);
        using var buffers = new OperationBuffers(Backend, seed: 1);
        BufferView mean = buffers.Output(1);
        BufferView deviation = buffers.Output(1);
        BufferView x = buffers.Values(1000.0, 1000.5, 1001.0, 1000.0, 1000.5, 1001.0);
        Backend.ActNormStatistics(shape, x, mean, deviation);
        Assert.Equal(1000.5, buffers.Read(mean)[0]);
        Agreement.AssertClose("deviation", [Math.Sqrt(1.0 / 6)], buffers.Read(deviation), 1e-6);
    }
}
