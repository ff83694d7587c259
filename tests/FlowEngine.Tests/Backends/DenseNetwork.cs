using FlowEngine.Kernels;
using Xunit;

namespace FlowEngine.Tests.Backends;

public abstract partial class BackendTests
{
    /// <summary>
    /// Rows, columns, hidden units, hidden layers: around the sizes of strips, panels, tiles and superblocks.
    /// </summary>
    public static TheoryData<int, int, int, int> DenseSizes => new()
    {
        { 1, 2, 1, 1 },
        { 3, 3, 2, 1 },
        { 5, 2, 7, 3 },
        { 17, 16, 12, 2 },
        { 31, 13, 33, 2 },
        { 33, 40, 100, 2 },
        { 70, 65, 20, 1 },
        { 1100, 5, 24, 2 },
    };

    [Theory]
    [MemberData(nameof(DenseSizes))]
    public void Dense_networks_agree_with_the_reference(int rows, int columns, int hidden, int layers)
    {
        var shape = new ImageShape(rows, 1, 1, columns);
        DenseNetworkShape dense = DenseShape(shape, hidden, isAutoregressive: false, layers);
        DenseNetworkShape masked = DenseShape(shape, hidden, isAutoregressive: true, layers);
        AssertAgrees((buffers, s) => RunDenseNetwork(buffers, s, dense), shape);
        AssertAgrees((buffers, s) => RunDenseNetwork(buffers, s, masked), shape);
        AssertAgrees((buffers, s) => RunAutoregressive(buffers, s, masked), shape);
        DenseNetworkShape conditional = DenseShape(shape, hidden, isAutoregressive: true, layers, conditions: 5);
        AssertAgrees((buffers, s) => RunAutoregressive(buffers, s, conditional), shape);
    }

    [Theory]
    [InlineData(2, 3, 1)]
    [InlineData(19, 40, 2)]
    [InlineData(6, 61, 2)]
    [InlineData(3, 127, 1)]
    public void Dense_networks_do_not_depend_on_the_batch(int columns, int hidden, int layers)
    {
        var shape = new ImageShape(4, 1, 1, columns);
        DenseNetworkShape dense = DenseShape(shape, hidden, isAutoregressive: false, layers);
        DenseNetworkShape masked = DenseShape(shape, hidden, isAutoregressive: true, layers);
        AssertIndependentOfTheBatch((buffers, s) => RunDenseNetwork(buffers, s, dense), shape);
        AssertIndependentOfTheBatch((buffers, s) => RunDenseNetwork(buffers, s, masked), shape);
        AssertIndependentOfTheBatch((buffers, s) => RunAutoregressive(buffers, s, masked), shape);
        DenseNetworkShape conditional = DenseShape(shape, hidden, isAutoregressive: true, layers, conditions: 5);
        AssertIndependentOfTheBatch((buffers, s) => RunAutoregressive(buffers, s, conditional), shape);
    }
}
