using FlowEngine.Kernels;
using FlowEngine.Kernels.Gpu;
using Xunit;

namespace FlowEngine.Tests.Backends;

public abstract partial class BackendTests
{
    /// <summary>Rows, columns, hidden units: around the sizes of panels, tiles and superblocks.</summary>
    public static TheoryData<int, int, int> LayeredSizes => new()
    {
        { 1, 2, 1 },
        { 17, 16, 12 },
        { 33, 19, 40 },
        { 1100, 4, 9 },
    };

    [Theory]
    [MemberData(nameof(LayeredSizes))]
    public void Layered_networks_agree_with_the_reference(int rows, int columns, int hidden)
    {
        Assert.SkipWhen(Backend is GpuBackend, "GPUs run no layered networks");
        var shape = new ImageShape(rows, 1, 1, columns);
        foreach ((_, LayeredNetworkShape network) in LayeredShapes(shape, hidden))
        {
            AssertAgrees((buffers, s) => RunLayeredNetwork(buffers, s, network), shape);
        }
    }

    [Fact]
    public void Layered_networks_do_not_depend_on_the_batch()
    {
        Assert.SkipWhen(Backend is GpuBackend, "GPUs run no layered networks");
        var shape = new ImageShape(4, 1, 1, 5);
        foreach ((_, LayeredNetworkShape network) in LayeredShapes(shape, 11))
        {
            AssertIndependentOfTheBatch((buffers, s) => RunLayeredNetwork(buffers, s, network), shape);
        }
    }
}
