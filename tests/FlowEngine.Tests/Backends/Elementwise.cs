using FlowEngine.Kernels;
using Xunit;

namespace FlowEngine.Tests.Backends;

public abstract partial class BackendTests
{
    [Theory]
    [MemberData(nameof(Shapes))]
    public void Elementwise_maps_agree_with_the_reference(int batch, int height, int width, int channels)
    {
        foreach ((_, ElementwiseMap map, double scale) in ElementwiseMaps)
        {
            AssertAgrees(
                (buffers, s) => RunElementwise(buffers, s, map, scale), new ImageShape(batch, height, width, channels));
        }
    }

    [Fact]
    public void Elementwise_maps_do_not_depend_on_the_batch()
    {
        foreach ((_, ElementwiseMap map, double scale) in ElementwiseMaps)
        {
            foreach ((int height, int width, int channels) in new[] { (1, 1, 1), (3, 5, 6), (7, 19, 4) })
            {
                AssertIndependentOfTheBatch(
                    (buffers, s) => RunElementwise(buffers, s, map, scale), new ImageShape(4, height, width, channels));
            }
        }
    }

    [Fact]
    public void Logit_of_what_no_grey_level_gives_has_no_density()
    {
        var shape = new ImageShape(3, 1, 1, 2);
        var map = ElementwiseMap.Of(new LogitMap(0.05));
        using var buffers = new OperationBuffers(Backend, seed: 1);
        BufferView y = buffers.Output(6);
        BufferView logDet = buffers.Values(0, 0, 0);
        Backend.ElementwiseForward(map, shape, buffers.Values(-0.5, 0, 0, 0.56, -0.56, 0), y, logDet);
        double[] logDets = buffers.Read(logDet);
        double expected = Math.Log(0.9 * 0.9 / (0.05 * 0.95 * 0.25));
        Assert.True(Math.Abs(logDets[0] - expected) <= 1e-5, $"{logDets[0]}, not {expected}");
        Assert.Equal([double.NegativeInfinity, double.NegativeInfinity], logDets[1..]);
        Assert.All(buffers.Read(y), value => Assert.True(double.IsFinite(value)));
    }
}
