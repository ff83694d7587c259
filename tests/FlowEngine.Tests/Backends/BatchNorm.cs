using FlowEngine.Kernels;
using Xunit;

namespace FlowEngine.Tests.Backends;

public abstract partial class BackendTests
{
    [Theory]
    [MemberData(nameof(Shapes))]
    public void Batch_normalization_agrees_with_the_reference(int batch, int height, int width, int channels)
    {
        var shape = new ImageShape(batch, height, width, channels);
        AssertAgrees((buffers, s) => RunBatchNorm(buffers, s, throughStatistics: false), shape);
        AssertAgrees((buffers, s) => RunBatchNorm(buffers, s, throughStatistics: true), shape);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(70)]
    public void Batch_normalization_does_not_depend_on_the_batch(int columns) =>
        AssertIndependentOfTheBatch((buffers, s) => RunBatchNorm(buffers, s, throughStatistics: false), new ImageShape(4, 1, 1, columns));
}
